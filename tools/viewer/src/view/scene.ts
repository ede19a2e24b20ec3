// What every painter is given: the run, the reader's state, colours, and where things stand.
import type { Run } from '../model/run';
import type { State } from '../state';
import type { Colors } from '../theme';
import type { Camera } from './camera';
import type { Layout } from './layout';

export interface Target {
  x: number;
  y: number;
  width: number;
  height: number;
  id: number;
  tip?: string;
}

export interface DrawnArrow {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
  id: number;
}

export interface Scene {
  context: CanvasRenderingContext2D;
  run: Run;
  state: State;
  camera: Camera;
  layout: Layout;
  colors: Colors;
  targets: Target[]; // what can be clicked, filled by the painters
  arrows: DrawnArrow[];
}

export const font = (size: number, weight = 400): string =>
  `${weight} ${size}px -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif`;

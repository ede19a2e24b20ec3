// A lane a node: its term by colour, its role by fill, and whether it runs.
import type { Span } from '../model/spans';
import { termColor, textOn } from '../theme';
import { type Scene, font } from './scene';

const patterns = new Map<string, CanvasPattern>();

export const hatch = (context: CanvasRenderingContext2D, color: string, step = 6): CanvasPattern => {
  const name = `${color}/${step}`;
  const known = patterns.get(name);
  if (known !== undefined) return known;
  const tile = document.createElement('canvas');
  tile.width = tile.height = step;
  const pen = tile.getContext('2d')!;
  pen.strokeStyle = color;
  pen.lineWidth = step / 3;
  for (const shift of [-step, 0, step]) {
    pen.beginPath();
    pen.moveTo(shift - 1, step + 1);
    pen.lineTo(shift + step + 1, -1);
    pen.stroke();
  }
  const made = context.createPattern(tile, 'repeat')!;
  patterns.set(name, made);
  return made;
};

const box = (scene: Scene, span: Span): { x: number; width: number } => {
  const x = Math.max(scene.layout.left, scene.camera.x(span.from));
  const to = Math.min(scene.layout.right, scene.camera.x(span.to));
  return { x, width: to - x };
};

const stroke = ({ context, layout }: Scene, x: number, width: number, y: number, color: string): void => {
  context.strokeStyle = color;
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y - layout.laneHeight / 2 + 0.5, Math.max(0, width - 1), layout.laneHeight - 1);
};

const drawRole = (scene: Scene, span: Span, x: number, width: number, y: number): void => {
  const { context, layout, colors } = scene;
  const color = termColor(span.term, colors.dark);
  const fill = (style: string | CanvasPattern, alpha: number): void => {
    context.globalAlpha = alpha;
    context.fillStyle = style;
    context.fillRect(x, y - layout.laneHeight / 2, Math.max(width, 1), layout.laneHeight);
    context.globalAlpha = 1;
  };
  if (span.role === 'leader') return fill(color, 1);
  fill(color, colors.dark ? 0.3 : 0.2);
  if (span.role !== 'follower') {
    fill(hatch(context, color, span.role === 'candidate' ? 6 : 9), 1);
    if (width > 3) stroke(scene, x, width, y, color);
  }
};

const drawStill = (scene: Scene, x: number, width: number, y: number): void => {
  const { context, colors } = scene;
  context.strokeStyle = colors.muted;
  context.lineWidth = 1.5;
  context.setLineDash([2, 4]);
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + width, y);
  context.stroke();
  context.setLineDash([]);
};

const labelOf = (span: Span): string => {
  if (span.status !== 'up') return span.status;
  if (span.suspended) return 'suspended';
  if (span.role === 'follower') return span.term === 0 ? '' : `term ${span.term}`;
  return `${span.role.replace('_', '-')} · term ${span.term}`;
};

const drawLabel = (scene: Scene, span: Span, x: number, width: number, y: number): void => {
  const { context, layout, colors } = scene;
  const text = labelOf(span);
  if (text === '' || layout.laneHeight < 9) return;
  const moving = span.status === 'up' && !span.suspended;
  const quiet = moving && span.role === 'follower';
  context.font = font(Math.min(quiet ? 11 : 12, layout.laneHeight - 1), quiet ? 400 : 600);
  const needs = context.measureText(text).width + 8;
  if (needs + 10 > width) return;
  const leads = moving && span.role === 'leader';
  const left = Math.round(x + 8);
  context.fillStyle = colors.surface;
  if (!leads) context.fillRect(left, y - layout.laneHeight / 2, Math.ceil(needs), layout.laneHeight);
  if (leads || quiet) drawRole(scene, span, left, Math.ceil(needs), y);
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillStyle = leads ? textOn(termColor(span.term, colors.dark)) : quiet ? colors.muted : colors.ink;
  context.fillText(text, left + 4, y + 0.5);
};

export const drawLaneLabels = (scene: Scene): void => {
  scene.run.spans.forEach((spans, lane) => {
    for (const span of spans) {
      const { x, width } = box(scene, span);
      if (width > 30 && span.status !== 'absent') drawLabel(scene, span, x, width, scene.layout.lanes[lane]);
    }
  });
};

export const drawLanes = (scene: Scene): void => {
  const { run, layout } = scene;
  run.spans.forEach((spans, lane) => {
    const y = layout.lanes[lane];
    for (const span of spans) {
      const { x, width } = box(scene, span);
      if (width <= 0 || span.status === 'absent') continue;
      if (span.status !== 'up') drawStill(scene, x, width, y);
      else drawRole(scene, span, x, width, y);
      if (span.suspended) veil(scene, x, width, y);
    }
  });
};

// Over a lane whose node stands still although its process lives.
export const veil = ({ context, layout, colors }: Scene, x: number, width: number, y: number): void => {
  context.globalAlpha = 0.75;
  context.fillStyle = hatch(context, colors.muted, 4);
  context.fillRect(x, y - layout.laneHeight / 2, width, layout.laneHeight);
  context.globalAlpha = 1;
};

export const drawLaneNames = ({ context, run, layout, colors, state }: Scene): void => {
  context.clearRect(0, layout.axis.height, layout.left - 2, layout.height);
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  const current = run.nodeOf(run.event(state.cursor));
  run.nodes.forEach((node, lane) => {
    context.font = font(13, node.name === current ? 700 : 500);
    context.fillStyle = node.name === current ? colors.ink : colors.muted;
    context.fillText(node.name, layout.left - 12, layout.lanes[lane]);
  });
  context.font = font(11);
  context.fillStyle = colors.muted;
  if (layout.faults.height > 0) context.fillText('faults', layout.left - 12, layout.faults.y + layout.faults.height / 2);
  context.fillText('checks', layout.left - 12, layout.checks.y + layout.checks.height / 2);
  if (layout.calls.height > 0) context.fillText('clients', layout.left - 12, layout.calls.y + layout.calls.height / 2);
};

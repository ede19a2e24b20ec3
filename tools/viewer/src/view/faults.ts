// What the scenario does: bars above the lanes, walls between lanes that cannot talk, and signs on the lanes concerned.
import type { Fault } from '../model/faults';
import { capital } from '../model/story';
import { shorten } from '../model/text';
import { veil } from './lanes';
import { type Scene, font } from './scene';

const visible = ({ run, camera }: Scene): Fault[] =>
  run.faults.filter((fault) => !fault.ends && fault.to >= camera.from && fault.from <= camera.to);

const drawBar = (scene: Scene, fault: Fault, rows: number[]): void => {
  const { context, camera, layout, colors } = scene;
  const x = Math.max(layout.left, camera.x(fault.from));
  const to = Math.min(layout.right, camera.x(fault.to));
  context.font = font(11, 500);
  const text = shorten(capital(fault.what.replace(/^note: /, '')), 70);
  const width = Math.max(to - x, context.measureText(text).width + 16);
  const row = rows.findIndex((until) => until <= x);
  if (row >= 0) rows[row] = x + width + 6;
  const y = layout.faults.y + 2 + (row < 0 ? rows.length - 1 : row) * layout.faultRow;
  const height = layout.faultRow - 4;
  const note = fault.kind === 'note';
  context.globalAlpha = row < 0 ? 0.12 : 0.22;
  context.fillStyle = note ? colors.muted : colors.fault;
  if (to - x > 2) context.fillRect(x, y, to - x, height);
  context.globalAlpha = 1;
  if (row >= 0) context.fillRect(x, y, 2.5, height);
  context.fillStyle = colors.ink;
  context.textBaseline = 'middle';
  const room = layout.right - x - 8;
  const fits = room >= context.measureText(text).width || room > x - layout.left; // else it stands before the beginning
  context.textAlign = fits ? 'left' : 'right';
  if (row >= 0) context.fillText(text, fits ? x + 7 : x - 4, y + height / 2 + 0.5, Math.max(20, fits ? room : x - layout.left));
  scene.targets.push({ x: x - 2, y, width: row >= 0 ? width : Math.max(4, to - x), height, id: fault.id, tip: fault.what });
};

type Wall = 'both ways' | 'one way' | 'beyond the neighbour';
const styles: Record<Wall, { width: number; dash: number[] }> = {
  'both ways': { width: 4, dash: [] },
  'one way': { width: 3, dash: [7, 5] },
  'beyond the neighbour': { width: 2, dash: [2, 4] },
};

// What stands between a lane and the next: neighbours that cannot talk, or else nodes further off on its two sides.
const walls = (scene: Scene, fault: Fault): (Wall | null)[] => {
  const cut = new Set(fault.links.map(([from, to]) => `${scene.run.lanes.get(from)}>${scene.run.lanes.get(to)}`));
  const gaps = scene.run.nodes.slice(1).map((_, lane): Wall | null => {
    const ways = Number(cut.has(`${lane}>${lane + 1}`)) + Number(cut.has(`${lane + 1}>${lane}`));
    return ways === 2 ? 'both ways' : ways === 1 ? 'one way' : null;
  });
  for (const [from, to] of fault.links) {
    const [a, b] = [scene.run.lanes.get(from) ?? 0, scene.run.lanes.get(to) ?? 0].sort((x, y) => x - y);
    const between = gaps.slice(a, b);
    if (!between.some((wall) => wall === 'both ways' || wall === 'one way')) gaps.fill('beyond the neighbour', a, b);
  }
  return gaps;
};

const drawWalls = (scene: Scene, fault: Fault): void => {
  const { context, camera, layout, colors } = scene;
  const x = Math.max(layout.left, camera.x(fault.from));
  const width = Math.min(layout.right, camera.x(fault.to)) - x;
  if (width <= 0 || fault.links.length === 0) return;
  context.strokeStyle = colors.fault;
  walls(scene, fault).forEach((wall, lane) => {
    if (wall === null) return;
    const y = (layout.lanes[lane] + layout.lanes[lane + 1]) / 2 + (wall === 'beyond the neighbour' ? 2 : 0);
    context.lineWidth = styles[wall].width;
    context.setLineDash(styles[wall].dash);
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + width, y);
    context.stroke();
    scene.targets.push({ x, y: y - 4, width, height: 8, id: fault.id, tip: `${fault.what} (${wall})` });
  });
  context.setLineDash([]);
};

const tags: Record<string, string> = { pause: 'paused', disk: 'disk', clock: 'clock' };

const drawOnLanes = (scene: Scene, fault: Fault): void => {
  const { context, camera, layout, colors, run } = scene;
  const x = Math.max(layout.left, camera.x(fault.from));
  const width = Math.min(layout.right, camera.x(fault.to)) - x;
  for (const name of fault.nodes) {
    const lane = run.lanes.get(name);
    if (lane === undefined || fault.kind === 'note') continue;
    const y = layout.lanes[lane];
    const top = y - layout.laneHeight / 2;
    if (width > 1 && fault.kind === 'pause') veil(scene, x, width, y);
    if (width > 1 && (fault.kind === 'disk' || fault.kind === 'clock')) {
      context.fillStyle = colors.fault;
      context.fillRect(x, top + layout.laneHeight, width, 3);
    }
    context.fillStyle = colors.fault;
    if (camera.x(fault.from) >= layout.left) {
      context.beginPath();
      context.moveTo(x - 5, top - 8);
      context.lineTo(x + 5, top - 8);
      context.lineTo(x, top - 1);
      context.fill();
    }
    const tag = tags[fault.kind];
    if (tag !== undefined && width > 60) {
      context.font = font(10, 600);
      context.textAlign = 'left';
      context.textBaseline = 'bottom';
      context.fillText(tag, x + 8, top - 1);
    }
  }
};

export const drawFaults = (scene: Scene): void => {
  const { layout } = scene;
  const rows = Array.from({ length: Math.floor(layout.faults.height / layout.faultRow) }, () => -Infinity);
  for (const fault of visible(scene)) {
    if (rows.length > 0) drawBar(scene, fault, rows);
    drawWalls(scene, fault);
    drawOnLanes(scene, fault);
  }
};

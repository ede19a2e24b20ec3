// Messages as arrows while they can be told apart; of the types that are too many, how many there are.
import { Fate } from '../model/messages';
import { upperBound } from '../model/timeline';
import { termColor } from '../theme';
import type { Scene } from './scene';

const most = 1200; // arrows on the screen
const mostUpright = 160; // of those that take no visible time, and hide what is behind them

interface Visible {
  first: number;
  last: number;
  perType: number[];
}

const visibleOf = ({ run, camera, state }: Scene): Visible => {
  const { messages } = run;
  const sent = messages.sentAt.subarray(0, messages.count);
  const first = upperBound(sent, camera.from - messages.longest);
  const last = upperBound(sent, camera.to);
  const perType: number[] = messages.types.map(() => 0);
  for (let i = first; i < last; ++i) if (messages.endAt[i] >= camera.from) perType[messages.type[i]] += 1;
  messages.types.forEach((name, type) => {
    if (state.hiddenTypes.has(name)) perType[type] = 0;
  });
  return { first, last, perType };
};

// The rarest first: an election is not to drown in heartbeats.
const drawnTypes = (perType: number[], limit: number): Set<number> => {
  const drawn = new Set<number>();
  let total = 0;
  const byCount = perType.map((count, type) => ({ count, type })).filter(({ count }) => count > 0);
  for (const { count, type } of byCount.sort((a, b) => a.count - b.count)) {
    if ((total += count) > limit) break;
    drawn.add(type);
  }
  return drawn;
};

const dashOf = (type: string): number[] => (type.endsWith('_response') ? [4, 3] : []);
const isVote = (type: string): boolean => type.includes('vote') || type.startsWith('timeout_now');

const drawHead = (context: CanvasRenderingContext2D, x: number, y: number, dx: number, dy: number): void => {
  const length = Math.hypot(dx, dy) || 1;
  const [ux, uy] = [(dx / length) * 6, (dy / length) * 6];
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x - ux - uy * 0.45, y - uy + ux * 0.45);
  context.lineTo(x - ux + uy * 0.45, y - uy - ux * 0.45);
  context.fill();
};

const drawCross = ({ context, colors }: Scene, x: number, y: number): void => {
  context.strokeStyle = colors.bad;
  context.lineWidth = 1.5;
  context.setLineDash([]);
  context.beginPath();
  context.moveTo(x - 3, y - 3);
  context.lineTo(x + 3, y + 3);
  context.moveTo(x + 3, y - 3);
  context.lineTo(x - 3, y + 3);
  context.stroke();
};

const drawArrow = (scene: Scene, i: number): void => {
  const { context, run, camera, layout, colors, state } = scene;
  const { messages } = run;
  const half = layout.laneHeight / 2;
  const down = messages.to[i] > messages.from[i] ? 1 : -1;
  const x1 = camera.x(messages.sentAt[i]);
  const y1 = layout.lanes[messages.from[i]] + down * half;
  let x2 = camera.x(messages.endAt[i]);
  let y2 = layout.lanes[messages.to[i]] - down * half;
  const lost = messages.fate[i] === Fate.Lost;
  if (lost) {
    const share = messages.endAt[i] === messages.sentAt[i] ? 0.4 : 0.8;
    y2 = y1 + (y2 - y1) * share;
    x2 = messages.endAt[i] === messages.sentAt[i] ? x1 + 4 : x2;
  }
  const name = messages.types[messages.type[i]];
  const chosen = messages.sentId[i] === state.cursor || messages.endId[i] === state.cursor;
  context.strokeStyle = context.fillStyle = chosen ? colors.ink : termColor(messages.term[i], colors.dark);
  context.lineWidth = chosen ? 2.5 : isVote(name) ? 1.6 : 1;
  context.globalAlpha = chosen || isVote(name) || lost ? 1 : 0.75;
  context.setLineDash(dashOf(name));
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
  if (lost) drawCross(scene, x2, y2);
  else if (messages.fate[i] === Fate.Delivered) drawHead(context, x2, y2, x2 - x1, y2 - y1);
  context.globalAlpha = 1;
  scene.arrows.push({ x1, y1, x2, y2, id: messages.sentId[i] });
};

// Below each lane, how many messages it sends.
const drawDensity = ({ context, run, camera, layout, colors }: Scene, { first, last }: Visible, bundled: boolean[]): void => {
  const { messages } = run;
  const columns = Math.ceil((layout.right - layout.left) / 2);
  const counts = run.nodes.map(() => new Uint32Array(columns));
  let highest = 1;
  for (let i = first; i < last; ++i) {
    if (!bundled[messages.type[i]] || messages.from[i] < 0) continue;
    const column = Math.floor((camera.x(messages.sentAt[i]) - layout.left) / 2);
    if (column >= 0 && column < columns) highest = Math.max(highest, ++counts[messages.from[i]][column]);
  }
  const room = Math.max(4, Math.min(12, layout.laneHeight * 0.7));
  context.fillStyle = colors.faint;
  counts.forEach((lane, number) => {
    const y = layout.lanes[number] + layout.laneHeight / 2 + 2;
    for (let column = 0; column < columns; ++column) {
      if (lane[column] === 0) continue;
      context.fillRect(layout.left + column * 2, y, 2, 1 + room * Math.sqrt(lane[column] / highest));
    }
  });
};

// Returns how many are not drawn as arrows.
export const drawMessages = (scene: Scene): number => {
  const { run, context } = scene;
  const visible = visibleOf(scene);
  const upright = run.messages.typical < 4 * scene.camera.perPixel;
  const drawn = drawnTypes(visible.perType, upright ? mostUpright : most);
  const bundled = visible.perType.map((count, type) => count > 0 && !drawn.has(type));
  if (bundled.includes(true)) drawDensity(scene, visible, bundled);
  const { messages } = run;
  for (let i = visible.first; i < visible.last && drawn.size > 0; ++i) {
    const onScreen = messages.endAt[i] >= scene.camera.from && messages.from[i] >= 0 && messages.to[i] >= 0;
    if (onScreen && drawn.has(messages.type[i])) drawArrow(scene, i);
  }
  context.setLineDash([]);
  return visible.perType.reduce((sum, count, type) => sum + (bundled[type] ? count : 0), 0);
};

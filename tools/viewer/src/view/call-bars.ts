// The client history: a bar from call to answer, and a dot where the call took effect.
import type { Call } from '../model/calls';
import { reads } from '../model/linearization';
import { answerText, commandText } from '../model/story';
import type { Band } from './layout';
import { type Scene, font } from './scene';

const fillOf = ({ colors }: Scene, call: Call, inConflict: boolean): string => {
  if (inConflict) return colors.bad;
  if (call.outcome === 'ok') return colors.good;
  if (call.outcome === 'not_found' || call.outcome === 'compare_failed') return colors.good;
  return colors.fault;
};

export const callTip = (call: Call): string =>
  `client ${call.client}: ${commandText(call)} → ${call.answer === null ? 'no answer' : answerText(call.answer)}`;

const drawCall = (scene: Scene, call: Call, band: Band, inConflict: boolean): void => {
  const { context, run, camera, layout, colors, state } = scene;
  const x = camera.x(call.from);
  const width = Math.max(inConflict ? 4 : 1, camera.x(call.to) - x);
  const { y, height } = band;
  const left = Math.max(layout.left, x);
  context.globalAlpha = inConflict ? 1 : call.op === 'get' ? 0.35 : 0.75;
  context.fillStyle = fillOf(scene, call, inConflict);
  context.fillRect(left, y, Math.max(inConflict ? 4 : 1, Math.min(layout.right, x + width) - left), height);
  context.globalAlpha = 1;
  if (run.calls.byEvent.get(state.cursor) === call) {
    context.strokeStyle = colors.ink;
    context.lineWidth = 2;
    context.strokeRect(x, y, width, height);
  }
  if (width > 46 && height >= 7 && call.op !== 'register') drawText(scene, call, left, band, x + width - left, inConflict);
  if (width > 12 && height >= 3) drawEffect(scene, call, band);
  scene.targets.push({ x, y, width: Math.max(3, width), height, id: call.calledId, tip: callTip(call) });
};

// A pin, with a full head where something was written, and a hollow one where it was read.
const drawEffect = ({ context, camera, colors }: Scene, call: Call, { y, height }: Band): void => {
  if (call.effectAt === null) return;
  const x = camera.x(call.effectAt);
  if (call.effectAt > call.to) { // its client knew nothing of it
    context.fillStyle = colors.muted;
    context.fillRect(camera.x(call.to), y + height / 2, x - camera.x(call.to), 1);
  }
  context.fillStyle = colors.ink;
  context.fillRect(x - 0.75, y, 1.5, height);
  if (reads(call)) context.fillStyle = colors.surface;
  context.strokeStyle = colors.ink;
  context.lineWidth = 1.5;
  context.beginPath();
  context.arc(x, y + height - 1, Math.min(3, height / 2.5), 0, 7);
  context.fill();
  context.stroke();
};

const drawText = ({ context, camera, colors }: Scene, call: Call, x: number, band: Band, room: number, inConflict: boolean): void => {
  const y = band.y + band.height / 2;
  const result = call.op === 'get' && call.answer?.found === true ? ` → ${answerText(call.answer).replace(/^ok /, '')}` : '';
  const text = `${call.order > 0 ? `${call.order}. ` : ''}${commandText(call, 14)}${result}`;
  context.font = font(Math.min(10.5, band.height + 1.5), 500);
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillStyle = inConflict ? '#ffffff' : colors.ink;
  const mark = call.effectAt === null ? -Infinity : camera.x(call.effectAt);
  const textStart = mark > x - 4 && mark < x + 14 ? mark + 5 : x + 4; // beside the pin, if that is at the beginning
  context.save();
  context.beginPath();
  context.rect(x, y - 8, room, 16);
  context.clip();
  context.fillText(text, textStart, y + 0.5);
  context.restore();
};

// Rows without a visible call take no room: the fewer there are, the higher they stand.
const bandsOf = (calls: Call[], { y, height }: Band): Map<number, Band> => {
  const rows = [...new Set(calls.map(({ row }) => row))].sort((a, b) => a - b);
  const step = Math.min(15, height / Math.max(1, rows.length));
  return new Map(rows.map((row, i) => [row, { y: y + i * step, height: Math.max(1.5, step - 2) }]));
};

export const drawCalls = (scene: Scene): void => {
  const { run, camera, layout } = scene;
  if (layout.calls.height === 0) return;
  const bad = new Set(run.conflict?.operations);
  const used = new Float64Array(run.calls.rows + 1).fill(-Infinity);
  const visible = run.calls.all.filter((call) => Math.max(call.to, call.effectAt ?? 0) >= camera.from && call.from <= camera.to);
  const bands = bandsOf(visible, layout.calls);
  visible.sort((a, b) => Number(b.op === 'register') - Number(a.op === 'register')); // below the others
  for (const call of visible) {
    const inConflict = bad.has(call.operation);
    const end = camera.x(call.to);
    if (!inConflict && end - used[call.row] < 0.7 && call.calledId !== scene.state.cursor) continue; // below one pixel
    used[call.row] = end;
    drawCall(scene, call, bands.get(call.row)!, inConflict);
  }
};

// The client history: a bar from call to answer, and a dot where the first node applied what it wrote.
import type { Call } from '../model/calls';
import { answerText, commandText } from '../model/story';
import { type Scene, font } from './scene';

const fillOf = ({ colors }: Scene, call: Call, inConflict: boolean): string => {
  if (inConflict) return colors.bad;
  if (call.outcome === 'ok') return colors.good;
  if (call.outcome === 'not_found' || call.outcome === 'compare_failed') return colors.good;
  return colors.fault;
};

export const callTip = (call: Call): string =>
  `client ${call.client}: ${commandText(call)} → ${call.answer === null ? 'no answer' : answerText(call.answer)}`;

const drawCall = (scene: Scene, call: Call, inConflict: boolean): void => {
  const { context, camera, layout, colors, state } = scene;
  const x = camera.x(call.from);
  const width = Math.max(inConflict ? 4 : 1, camera.x(call.to) - x);
  const y = layout.calls.y + call.row * layout.callRow;
  const height = Math.max(1.5, layout.callRow - 2);
  const left = Math.max(layout.left, x);
  context.globalAlpha = inConflict ? 1 : call.op === 'get' ? 0.35 : 0.75;
  context.fillStyle = fillOf(scene, call, inConflict);
  context.fillRect(left, y, Math.max(inConflict ? 4 : 1, Math.min(layout.right, x + width) - left), height);
  context.globalAlpha = 1;
  if (call.calledId === state.cursor || call.answeredId === state.cursor) {
    context.strokeStyle = colors.ink;
    context.lineWidth = 2;
    context.strokeRect(x, y, width, height);
  }
  if (width > 12 && height >= 4 && call.doneAt !== null) {
    context.fillStyle = colors.ink;
    context.beginPath();
    context.arc(camera.x(call.doneAt), y + height / 2, Math.min(3, height / 2.5), 0, 7);
    context.fill();
  }
  if (width > 46 && height >= 9) drawText(scene, call, left, y + height / 2, x + width - left, inConflict);
  scene.targets.push({ x, y, width: Math.max(3, width), height, id: call.calledId, tip: callTip(call) });
};

const drawText = ({ context, colors }: Scene, call: Call, x: number, y: number, room: number, inConflict: boolean): void => {
  const result = call.op === 'get' && call.answer?.found === true ? ` → ${answerText(call.answer).replace(/^ok /, '')}` : '';
  const text = `${call.order > 0 ? `${call.order}. ` : ''}${commandText(call, 14)}${result}`;
  context.font = font(Math.min(10.5, 11), 500);
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillStyle = inConflict ? '#ffffff' : colors.ink;
  context.save();
  context.beginPath();
  context.rect(x, y - 8, room, 16);
  context.clip();
  context.fillText(text, x + 4, y + 0.5);
  context.restore();
};

export const drawCalls = (scene: Scene): void => {
  const { run, camera, layout } = scene;
  if (layout.calls.height === 0) return;
  const bad = new Set(run.conflict?.operations);
  const used = new Float64Array(run.calls.rows + 1).fill(-Infinity);
  for (const call of run.calls.all) {
    if (call.to < camera.from || call.from > camera.to) continue;
    const inConflict = bad.has(call.operation);
    const end = camera.x(call.to);
    if (!inConflict && end - used[call.row] < 0.7 && call.calledId !== scene.state.cursor) continue; // below one pixel
    used[call.row] = end;
    drawCall(scene, call, inConflict);
  }
};

// Events as small marks on their lanes, checks on their strip, the cursor, and the chain that led to it.
import { inGroup } from '../model/kinds';
import { upperBound } from '../model/timeline';
import type { Check } from '../model/checks';
import { seconds } from '../model/text';
import { type Scene, font } from './scene';

const most = 400; // marks on the screen

const shape = (context: CanvasRenderingContext2D, event: string, x: number, y: number): void => {
  if (inGroup('roles', event)) {
    context.beginPath();
    context.moveTo(x - 4, y);
    context.lineTo(x, y - 4);
    context.lineTo(x + 4, y);
    context.lineTo(x, y + 4);
    context.fill();
  } else if (inGroup('log', event)) context.fillRect(x - 2, y - 2, 4, 4);
  else if (inGroup('machinery', event)) context.strokeRect(x - 1.5, y - 1.5, 3, 3);
  else {
    context.beginPath();
    context.arc(x, y, 2, 0, 7);
    context.fill();
  }
};

// All events if they are few, and else only what changes roles.
export const drawMarks = ({ context, run, camera, layout, colors }: Scene): void => {
  const first = upperBound(run.times, camera.from);
  const last = upperBound(run.times, camera.to);
  const all = last - first <= most;
  context.fillStyle = context.strokeStyle = colors.ink;
  context.lineWidth = 1;
  let busy = -1;
  for (let i = first; i < last; ++i) {
    if (run.lane[i] < 0) continue;
    const { event } = run.events[i];
    if (!all && event !== 'role_changed') continue;
    const x = camera.x(run.times[i]);
    const place = Math.round(x) * 64 + run.lane[i];
    if (!all && place === busy) continue;
    busy = place;
    if (x >= layout.left) shape(context, event, x, layout.lanes[run.lane[i]]);
  }
};

const drawCheck = (scene: Scene, check: Check, invariant: boolean): void => {
  const { context, camera, layout, colors } = scene;
  const x = camera.x(check.t);
  if (check.held === null || x < layout.left || x > layout.right) return;
  const y = layout.checks.y + layout.checks.height / 2;
  const width = 12;
  context.fillStyle = context.strokeStyle = check.held ? colors.good : colors.bad;
  if (!check.held) {
    context.globalAlpha = 0.25;
    context.fillRect(x - 1.5, layout.axis.height, 3, layout.height);
    context.globalAlpha = 1;
  }
  context.font = font(check.held ? 12 : 15, 700);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(check.held ? '✓' : '✗', x, y);
  scene.targets.push({ x: x - width / 2, y: y - 8, width, height: 16, id: check.id ?? 1, tip: `${invariant ? 'invariant' : check.held ? 'held' : 'BROKEN'}: ${check.what} (${check.why})` });
};

export const drawChecks = (scene: Scene): void => {
  for (const check of scene.run.expectations) drawCheck(scene, check, false);
  for (const check of scene.run.violations) drawCheck(scene, check, true);
};

export const drawChain = ({ context, run, camera, layout, colors, state }: Scene): void => {
  const points = run.causes.chain(state.cursor).map((id) => run.event(id)).filter((event) => event.node !== undefined);
  context.strokeStyle = context.fillStyle = colors.ink;
  context.lineWidth = 1.75;
  context.lineJoin = 'round';
  context.beginPath();
  points.forEach((event, i) => {
    const [x, y] = [camera.x(event.t), layout.lanes[run.lanes.get(event.node!)!]];
    if (i === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
  context.stroke();
  for (const event of points) {
    context.beginPath();
    context.arc(camera.x(event.t), layout.lanes[run.lanes.get(event.node!)!], 2.5, 0, 7);
    context.fill();
  }
};

export const drawCursor = (scene: Scene): void => {
  const { context, run, camera, layout, colors, state } = scene;
  const event = run.event(state.cursor);
  const x = camera.x(event.t);
  context.strokeStyle = colors.ink;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(Math.round(x) + 0.5, layout.axis.height - 4);
  context.lineTo(Math.round(x) + 0.5, layout.height);
  context.stroke();
  const lane = run.lanes.get(run.nodeOf(event) ?? '');
  if (lane !== undefined) {
    context.lineWidth = 2;
    context.fillStyle = colors.surface;
    context.beginPath();
    context.arc(x, layout.lanes[lane], 6, 0, 7);
    context.fill();
    context.stroke();
  }
  drawTime(scene, x, seconds(event.t, camera.perPixel < 1e4 ? 9 : 6));
};

const drawTime = ({ context, layout, colors }: Scene, x: number, text: string): void => {
  context.font = font(11, 600);
  const width = context.measureText(text).width + 12;
  const left = Math.min(Math.max(layout.left, x - width / 2), layout.right - width);
  context.fillStyle = colors.ink;
  context.beginPath();
  context.roundRect(left, 2, width, 17, 4);
  context.fill();
  context.fillStyle = colors.surface;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  context.fillText(text, left + 6, 11);
};

// Which event does the reader point at?
import { upperBound } from '../model/timeline';
import type { DrawnArrow, Scene, Target } from './scene';

const distance = (arrow: DrawnArrow, x: number, y: number): number => {
  const [dx, dy] = [arrow.x2 - arrow.x1, arrow.y2 - arrow.y1];
  const share = Math.min(1, Math.max(0, ((x - arrow.x1) * dx + (y - arrow.y1) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - arrow.x1 - share * dx, y - arrow.y1 - share * dy);
};

const targetAt = (targets: Target[], x: number, y: number): Target | undefined =>
  targets.findLast((target) => x >= target.x - 1 && x <= target.x + target.width + 1 && y >= target.y && y <= target.y + target.height);

const arrowAt = (arrows: DrawnArrow[], x: number, y: number): number | undefined => {
  let best: DrawnArrow | undefined;
  let least = 5;
  for (const arrow of arrows) {
    const here = distance(arrow, x, y);
    if (here < least) [best, least] = [arrow, here];
  }
  return best?.id;
};

// The nearest event of a lane; among those that share a few pixels, one that changes a role.
const eventOnLane = ({ run, camera }: Scene, lane: number, x: number): number | undefined => {
  const near = 5 * camera.perPixel;
  const t = camera.t(x);
  let best: number | undefined;
  let least = Infinity;
  for (let i = upperBound(run.times, t - near); i < run.times.length && run.times[i] <= t + near; ++i) {
    if (run.lane[i] !== lane) continue;
    const rank = Math.abs(run.times[i] - t) - (run.events[i].event === 'role_changed' ? 2 * near : 0);
    if (rank < least) [best, least] = [i + 1, rank];
  }
  return best;
};

export const pick = (scene: Scene, x: number, y: number): { id: number; tip?: string } => {
  const target = targetAt(scene.targets, x, y);
  if (target !== undefined) return target;
  const { layout, run, camera } = scene;
  const lane = layout.lanes.findIndex((middle) => Math.abs(y - middle) <= layout.laneHeight / 2 + 1);
  const onLane = lane >= 0 ? eventOnLane(scene, lane, x) : undefined;
  if (onLane !== undefined) return { id: onLane };
  return { id: arrowAt(scene.arrows, x, y) ?? run.eventAt(camera.t(x)) };
};

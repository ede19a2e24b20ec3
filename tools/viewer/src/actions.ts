// What a key or a button can do.
import type { State } from './state';

export type Actions = ReturnType<typeof makeActions>;

export const makeActions = (state: State) => {
  const { run, camera } = state;
  const event = () => run.event(state.cursor);
  const around = (): number => {
    const { t } = event();
    return t >= camera.from && t <= camera.to ? t : (camera.from + camera.to) / 2;
  };
  const zoom = (factor: number) => (): void => {
    camera.zoom(factor, around());
    state.changed();
  };
  const pan = (share: number) => (): void => {
    camera.pan(camera.width * share);
    state.changed();
  };
  const same = (field: 'node' | 'event', direction: 1 | -1) => (): void => {
    const wanted = event()[field];
    state.step(direction, (id) => run.event(id)[field] === wanted);
  };
  const nextCall = (direction: 1 | -1) => (): void => {
    const { listed, ordered } = run.calls;
    let at = run.calls.near(state.cursor, event().t) + direction;
    while (ordered !== null && listed[at]?.effectId === null) at += direction;
    if (listed[at] !== undefined) state.go(listed[at].effectId ?? listed[at].calledId);
  };
  return {
    nextCall: nextCall(1),
    previousCall: nextCall(-1),
    forward: (): void => void state.step(1),
    back: (): void => void state.step(-1),
    forwardNode: same('node', 1),
    backNode: same('node', -1),
    forwardKind: same('event', 1),
    backKind: same('event', -1),
    toCause: (): void => {
      const { cause } = event();
      if (cause !== undefined) state.go(cause);
    },
    toEffect: (): void => {
      const [first] = run.causes.effects(state.cursor, 1);
      const next = first ?? run.causes.sameStep(state.cursor, 400).find((id) => id > state.cursor);
      if (next !== undefined) state.go(next);
    },
    nextTurn: (): void => {
      const next = run.turning.find((point) => point.id > state.cursor);
      if (next !== undefined) state.visit(next.id);
    },
    previousTurn: (): void => {
      const previous = run.turning.findLast((point) => point.id < state.cursor);
      if (previous !== undefined) state.visit(previous.id);
    },
    toFailure: (): void => {
      if (run.failure?.id) state.visit(run.failure.id);
    },
    showChain: (): void => {
      const begin = run.event(run.causes.chain(state.cursor)[0]).t;
      const margin = Math.max((event().t - begin) * 0.25, 20_000);
      camera.show(begin - margin, event().t + margin);
      state.changed();
    },
    first: (): void => state.go(1),
    last: (): void => state.go(run.events.length),
    zoomIn: zoom(0.5),
    zoomOut: zoom(2),
    left: pan(-0.2),
    right: pan(0.2),
    fit: (): void => {
      camera.fit();
      state.changed();
    },
    center: (): void => {
      const half = (camera.to - camera.from) / 2;
      camera.show(event().t - half, event().t + half);
      state.changed();
    },
  };
};

// The fragment of the page's address names the event and the part of time on the screen.
import type { State } from './state';

export const linkTo = ({ cursor, camera }: State): string => `#event=${cursor}&from=${Math.round(camera.from)}&to=${Math.round(camera.to)}`;

// Browsers allow few changes of the address a second: a pan writes it once, when it rests.
export const linkWriter = (state: State, signal: AbortSignal): (() => void) => {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const write = (): void => {
    if (!signal.aborted && location.hash !== linkTo(state)) history.replaceState(null, '', linkTo(state));
  };
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(write, 120);
  };
};

// False: it names nothing.
export const readLink = (state: State, hash: string): boolean => {
  const values = new URLSearchParams(hash.slice(1));
  const event = Number(values.get('event') ?? NaN);
  if (!Number.isInteger(event)) return false;
  const [from, to] = [Number(values.get('from') ?? NaN), Number(values.get('to') ?? NaN)];
  state.go(event);
  if (to > from) state.camera.show(from, to);
  return true;
};

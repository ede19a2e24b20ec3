// The fragment of the page's address names the event and the part of time on the screen.
import type { State } from './state';

export const writeLink = ({ cursor, camera }: State): void => {
  const fragment = `#event=${cursor}&from=${Math.round(camera.from)}&to=${Math.round(camera.to)}`;
  if (location.hash !== fragment) history.replaceState(null, '', fragment);
};

// False: it names nothing.
export const readLink = (state: State): boolean => {
  const values = new URLSearchParams(location.hash.slice(1));
  const event = Number(values.get('event') ?? NaN);
  if (!Number.isInteger(event)) return false;
  const [from, to] = [Number(values.get('from') ?? NaN), Number(values.get('to') ?? NaN)];
  if (to > from) state.camera.show(from, to);
  state.go(event);
  return true;
};

// Everything by keyboard.
import type { Actions } from './actions';

export const keyHelp: [keys: string, what: string][] = [
  ['← →', 'step to the event before or after (of the kind and node chosen above the lanes)'],
  ['Shift← Shift→', 'step at the same node'],
  [', .', 'step to an event of the same name'],
  ['c e', 'to the cause; to the first effect, or what else was done in the same step'],
  ['v', 'zoom to all that led to the cursor'],
  ['k j', 'to the client call before, to the next, in the order in which they took effect'],
  ['p n', 'to the turning point before; to the next'],
  ['f', 'to where something broke'],
  ['Home End', 'to the first event; to the last'],
  ['+ -', 'zoom in, zoom out, around the cursor'],
  ['a d', 'move left, move right'],
  ['0', 'the whole run'],
  ['z', 'put the cursor in the middle'],
  ['[ ]', 'older and newer entries of the logs'],
  ['1 2 3', 'show calls, the key-value map, messages in flight'],
  ['m', 'choose which messages are drawn'],
  ['/', 'search'],
  ['t', 'light or dark'],
  ['?', 'these keys'],
];

export interface PageKeys {
  search(): void;
  types(): void;
  theme(): void;
  help(): void;
  escape(): void;
  log(by: number): void;
  tab(number: number): void;
}

const table = (actions: Actions, page: PageKeys): Record<string, () => void> => ({
  ArrowRight: actions.forward,
  ArrowLeft: actions.back,
  'Shift+ArrowRight': actions.forwardNode,
  'Shift+ArrowLeft': actions.backNode,
  '.': actions.forwardKind,
  ',': actions.backKind,
  c: actions.toCause,
  e: actions.toEffect,
  v: actions.showChain,
  j: actions.nextCall,
  k: actions.previousCall,
  n: actions.nextTurn,
  p: actions.previousTurn,
  f: actions.toFailure,
  Home: actions.first,
  End: actions.last,
  '+': actions.zoomIn,
  '=': actions.zoomIn,
  '-': actions.zoomOut,
  a: actions.left,
  d: actions.right,
  '0': actions.fit,
  z: actions.center,
  '[': () => page.log(10),
  ']': () => page.log(-10),
  '1': () => page.tab(0),
  '2': () => page.tab(1),
  '3': () => page.tab(2),
  m: page.types,
  '/': page.search,
  t: page.theme,
  '?': page.help,
  Escape: page.escape,
});

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && target.type !== 'checkbox');

export const listenToKeys = (actions: Actions, page: PageKeys, signal: AbortSignal): void => {
  const keys = table(actions, page);
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector('dialog[open]') !== null) return;
    const arrow = event.shiftKey && event.key.startsWith('Arrow');
    const action = keys[arrow ? `Shift+${event.key}` : event.key];
    if (action === undefined || event.defaultPrevented) return;
    event.preventDefault();
    action();
  }, { signal });
};

// The page without a run, or with one that cannot be read: says so, and takes a file.
import { button, h } from './dom';

export const openPanel = (message: string, isError: boolean, open: (file: File) => void): HTMLElement => {
  const input = h('input', { type: 'file', accept: '.jsonl,.gz,.json', 'aria-label': 'Trace file', hidden: true });
  input.addEventListener('change', () => {
    if (input.files?.[0]) open(input.files[0]);
  });
  const panel = h(
    'main',
    { class: 'open' },
    h('h1', {}, 'Drydock run'),
    h('p', { class: isError ? 'failure' : 'hint', id: 'message', role: isError ? 'alert' : null }, message),
    h('p', {}, 'Open a trace: the file that raftsim or raftd writes with --trace, plain or gzipped. It stays on this machine.'),
    button('Choose a file…', 'Choose a trace file', () => input.click(), 'plain big'),
    input,
    h('p', { class: 'hint' }, 'or drop one anywhere on this page.'),
  );
  return panel;
};

export const acceptDrops = (open: (file: File) => void): void => {
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) open(file);
  });
};

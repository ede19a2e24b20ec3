import { Run } from './model/run';
import { type Shown, showRun } from './page';
import { acceptDrops, openPanel } from './panels/open';
import './style.css';
import { startTheme } from './theme';
import { bytesOfBase64, readTrace } from './trace/source';
import { TraceError } from './trace/types';

const root = document.getElementById('page')!;
let shown: Shown | null = null;

const ask = (message: string, isError: boolean): void => root.replaceChildren(openPanel(message, isError, openFile));

// Whatever goes wrong is told on the page.
const show = async (bytes: () => Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>): Promise<void> => {
  shown?.leave();
  shown = null;
  try {
    shown = showRun(new Run(await readTrace(await bytes())), root);
  } catch (error) {
    if (!(error instanceof TraceError)) console.warn(error);
    ask(error instanceof TraceError ? error.message : `This trace cannot be shown: ${String(error)}`, true);
  }
};

const openFile = (file: File): void => {
  if (document.querySelector('header') !== null) history.replaceState(null, '', '#');
  void show(async () => new Uint8Array(await file.arrayBuffer()));
};

startTheme(() => shown?.restyle());
acceptDrops(openFile);
const run = document.getElementById('run')!.textContent ?? '';
if (run.startsWith('@@') || run.trim() === '') ask('This page holds no run yet.', false);
else void show(() => bytesOfBase64(run));

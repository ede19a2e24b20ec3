// Pages and traces of real runs, for the tests of the page.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { embed } from '../embed.mjs';

export const root = resolve(import.meta.dirname, '../../..');
const raftsim = process.env.RAFTSIM ?? join(root, 'build/release/bin/raftsim');
const built = join(import.meta.dirname, '../dist/index.html');
export const folder = mkdtempSync(join(tmpdir(), 'viewer-'));

if (!existsSync(built)) throw new Error('Build the page first: npm run build');
if (!existsSync(raftsim)) throw new Error(`No raftsim at ${raftsim}: build it, or set RAFTSIM`);

const inScenarios = (scenario) => (scenario.startsWith('/') ? scenario : join(root, 'scenarios', scenario));

// A scenario of our own, made of another one.
export const variant = (scenario, name, change) => {
  const made = JSON.parse(readFileSync(inScenarios(scenario), 'utf8'));
  delete made.$schema;
  made.name = name;
  change(made);
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify(made));
  return path;
};

export const traceOf = (scenario) => {
  const path = join(folder, `${basename(scenario, '.json')}.jsonl`);
  try {
    execFileSync(raftsim, ['run', inScenarios(scenario), '--trace', path], { stdio: 'ignore' });
  } catch {
    if (!existsSync(path)) throw new Error(`raftsim wrote no trace of ${scenario}`); // it fails when the scenario does
  }
  return readFileSync(path, 'utf8');
};

export const linesOf = (trace) => trace.trim().split('\n').map((line) => JSON.parse(line));

export const pageWith = (trace, name) => {
  const path = join(folder, `${name}.html`);
  writeFileSync(path, embed(readFileSync(built, 'utf8'), trace));
  return pathToFileURL(path).href;
};

export const emptyPage = pathToFileURL(built).href;

// The page of a run, and the events that it must tell of.
export const pageOf = (scenario) => {
  const trace = traceOf(scenario);
  const [header, ...lines] = linesOf(trace);
  const events = lines.filter((line) => line.id !== undefined);
  return { url: pageWith(trace, basename(scenario, '.json')), header, events, trace };
};

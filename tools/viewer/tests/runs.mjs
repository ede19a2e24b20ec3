// Pages and traces of real runs, for the tests of the page.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { embed } from '../embed.mjs';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const raftsim = process.env.RAFTSIM ?? join(root, 'build/release/bin/raftsim');
export const folder = mkdtempSync(join(tmpdir(), 'viewer-'));

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

// Fails when the scenario does; what it wrote counts.
const run = (scenario, option, path) => {
  try {
    execFileSync(raftsim, ['run', inScenarios(scenario), ...option, path], { stdio: 'ignore' });
  } catch {
    if (!existsSync(path)) throw new Error(`raftsim wrote no ${basename(path)}`);
  }
  return path;
};

export const traceOf = (scenario) => readFileSync(run(scenario, ['--sentences', '--trace'], join(folder, `${basename(scenario, '.json')}.jsonl`)), 'utf8');

// Of raftsim; or, to try a page without building raftsim again, the one that VIEWER_PAGE names.
const given = process.env.VIEWER_PAGE;
const place = /(<script id="run" type="text\/plain">)[^<]*/;
const withoutRun = () => {
  const html = readFileSync(given ?? run('paper/1-election-and-put-get.json', ['--html'], join(folder, 'any.html')), 'utf8');
  if (!place.test(html)) throw new Error('This is not the page that shows runs: was raftsim built without npm?');
  return html.replace(place, '$1@@RUN@@');
};
const page = withoutRun();

const write = (name, html) => {
  const path = join(folder, `${name}.html`);
  writeFileSync(path, html);
  return pathToFileURL(path).href;
};

export const emptyPage = write('empty', page);
export const pageWith = (trace, name) => write(name, embed(page, trace));

// Half of the compressed trace.
export const cutShort = (trace, name) => {
  const packed = gzipSync(trace);
  return write(name, page.replace('@@RUN@@', packed.subarray(0, packed.length / 2).toString('base64')));
};

// Files of tests/data, unpacked.
export const recorded = (...names) =>
  names.map((name) => {
    const path = join(folder, basename(name, '.gz'));
    writeFileSync(path, gunzipSync(readFileSync(join(root, 'tools/viewer/tests/data', name))));
    return path;
  });

// The page that `raftsim view` makes of traces, and all lines of what it shows.
export const viewOf = (traces, name) => {
  const path = join(folder, `${name}.html`);
  execFileSync(raftsim, ['view', ...traces, '--html', path], { stdio: 'ignore' });
  const html = readFileSync(path, 'utf8');
  const begin = html.search(place) + '<script id="run" type="text/plain">'.length;
  const trace = gunzipSync(Buffer.from(html.slice(begin, html.indexOf('<', begin)), 'base64')).toString();
  return { url: given === undefined ? pathToFileURL(path).href : pageWith(trace, name), lines: linesOf(trace) };
};

const linesOf = (trace) => trace.trim().split('\n').map((line) => JSON.parse(line));

// The page of a run, and what it must tell.
export const pageOf = (scenario) => {
  const name = basename(scenario, '.json');
  const trace = traceOf(scenario);
  const lines = linesOf(trace);
  const url = given === undefined ? pathToFileURL(run(scenario, ['--html'], join(folder, `${name}.html`))).href : pageWith(trace, name);
  return { url, header: lines[0], events: lines.slice(1, -1), end: lines.at(-1) };
};

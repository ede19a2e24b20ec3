// Traces of real runs, made by raftsim.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parseText } from '../src/trace/parse';
import type { Trace } from '../src/trace/types';

export const root = resolve(__dirname, '../../..');
const raftsim = process.env.RAFTSIM ?? join(root, 'build/release/bin/raftsim');
const folder = mkdtempSync(join(tmpdir(), 'viewer-'));

export const traceText = (scenario: string): string => {
  const out = join(folder, `${scenario.replaceAll('/', '-')}l`);
  execFileSync(raftsim, ['run', join(root, 'scenarios', scenario), '--trace', out], { stdio: 'ignore' });
  return readFileSync(out, 'utf8');
};

// A run on file: tests/data/README.md tells of what.
export const failingMutant = '17-old-term-committed-by-counting.jsonl.gz';
export const recorded = (name: string): Trace => parseText(gunzipSync(readFileSync(join(__dirname, 'data', name))).toString());

export const traceOf = (scenario: string): Trace => parseText(traceText(scenario));

export const scenariosIn = (area: string): string[] =>
  readdirSync(join(root, 'scenarios', area)).filter((name) => name.endsWith('.json')).map((name) => `${area}/${name}`);

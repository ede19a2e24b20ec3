// The order in which calls took effect, for real runs: is it one that explains every answer?
import { describe, expect, test } from 'vitest';
import type { Call } from '../src/model/calls';
import { keyName } from '../src/model/command';
import { conflictReason, conflictSteps } from '../src/model/conflict';
import { reads } from '../src/model/linearization';
import { Run } from '../src/model/run';
import type { Bytes } from '../src/trace/types';
import { failingMutant, recorded, traceOf } from './traces';

const scenarios = ['paper/2-leader-crash', 'paper/3a-majority-down', 'paper/4-suspend-write-resume', 'faults/clients-lost-answers', 'faults/cas-delete-mix'];
scenarios.push('faults/clients-without-sessions', 'faults/large-value-leader-crash', 'faults/network-everything-at-once', 'reads/follower-reads-under-faults', 'reads/lease-under-faults');

// Did the first node that applied it do what was asked? Its client may know nothing of it.
const took = (run: Run, call: Call): boolean => call.outcome === 'ok' || (call.outcome !== 'compare_failed' && run.event(call.effectId!).outcome === 'ok');

const replay = (run: Run): void => {
  const map = new Map<string, Bytes>();
  for (const call of run.calls.ordered!) {
    const key = keyName(call.key ?? '');
    if (reads(call)) expect(call.answer!.found === true ? call.answer!.value : undefined, `call ${call.operation}`).toEqual(map.get(key));
    else if (took(run, call) && (call.op === 'put' || call.op === 'cas')) map.set(key, call.value!);
    else if (took(run, call) && call.op === 'delete') map.delete(key);
  }
};

describe.each(scenarios)('%s', (name) => {
  const run = new Run(traceOf(`${name}.json`));

  test('each call took effect between call and answer, one after the other', () => {
    let before = 0;
    expect(run.calls.ordered!.length).toBeGreaterThan(0);
    run.calls.ordered!.forEach((call, i) => {
      expect(call.order).toBe(i + 1);
      expect(call.effectAt).toBeGreaterThanOrEqual(Math.max(before, call.from));
      if (call.outcome !== 'unknown' && call.answer !== null) expect(call.effectAt).toBeLessThanOrEqual(call.to);
      before = call.effectAt!;
    });
  });

  test('in this order every answer is what a single map would have given', () => replay(run));
});

test('a write whose client never learnt of it has its place if it was applied', () => {
  const run = new Run(recorded(failingMutant));
  const call = run.calls.ordered!.find(({ outcome }) => outcome === 'unknown')!;
  expect([call.op, call.value]).toEqual(['put', 'old']);
  expect(call.effectAt).toBeGreaterThan(call.to); // it had given up
  expect(run.event(call.effectId!).event).toBe('applied');
});

test('a stale read has no place', () => {
  const run = new Run(traceOf('reads/stale-read.json'));
  const stale = run.calls.all.filter(({ mode }) => mode === 'stale');
  expect(stale.length).toBeGreaterThan(0);
  expect(stale.map(({ effectAt }) => effectAt)).toEqual(stale.map(() => null));
  expect(run.calls.ordered!.length).toBeGreaterThan(0);
});

test('without an order the smallest set of calls that have none is told in words', () => {
  const run = new Run(traceOf('reads/lease-clock-beyond-bound.json'));
  expect(run.calls.ordered).toBeNull();
  const steps = conflictSteps(run.conflict!, run.calls).map(({ text }) => text);
  expect(steps).toEqual([
    'Client 0, from 1.000000 s to 1.001200 s: put x = old → ok',
    'Client 0, from 2.600000 s to 2.600500 s: put x = new → ok; it began after “put x = old” was answered, so it comes after that',
    'Client 0, from 2.900000 s to 2.900200 s: get x → ok "old"; it began after “put x = new” was answered, so it comes after that',
  ]);
  expect(conflictReason(run.conflict!)).toMatch(/^The get of client 0 came back at 2\.900200 s with "old"/);
});

import { describe, expect, test } from 'vitest';
import { keyName } from '../src/model/command';
import { Run } from '../src/model/run';
import { showBytes } from '../src/model/text';
import type { Bytes } from '../src/trace/types';
import { scenariosIn, traceOf } from './traces';

const alive = (run: Run) => run.nodes.filter((node) => node.status.last() === 'up' && node.applied.last() > 0);

// What the calls wrote, in the order that the page gives them: a second way to the same map.
const replay = (run: Run): Map<string, Bytes> => {
  const map = new Map<string, Bytes>();
  for (const call of run.calls.all.filter(({ order }) => order > 0).sort((a, b) => a.order - b.order)) {
    const key = keyName(call.key ?? '');
    if (call.op === 'get') {
      const found = map.get(key);
      expect(call.answer?.found, `call ${call.calledId}`).toBe(found !== undefined);
      if (found !== undefined) expect(showBytes(call.answer?.value as Bytes)).toBe(showBytes(found));
    }
    if (call.outcome !== 'ok') continue;
    if (call.op === 'put' || call.op === 'cas') map.set(key, call.value!);
    if (call.op === 'delete') map.delete(key);
  }
  return map;
};

describe.each(scenariosIn('paper'))('%s', (scenario) => {
  const run = new Run(traceOf(scenario));
  const last = run.events.length;

  test('all nodes that run to the end agree', () => {
    const [first, ...others] = alive(run);
    for (const node of others) {
      for (let i = 1; i <= Math.min(node.commit.last(), first.commit.last()); ++i) {
        expect(node.entry(i, last)?.term).toBe(first.entry(i, last)?.term);
      }
      if (node.applied.last() === first.applied.last()) expect(node.mapAt(last)).toEqual(first.mapAt(last));
    }
  });

  test('the map is what the calls wrote, in their order', () => {
    const newest = alive(run).sort((a, b) => b.applied.last() - a.applied.last())[0];
    expect(newest.mapAt(last)).toEqual(replay(run));
  });

  test('at every event the indexes of a node are in order', () => {
    for (const node of run.nodes) {
      for (let id = 1; id <= last; id += 97) {
        expect(node.applied.at(id)).toBeLessThanOrEqual(node.commit.at(id));
        expect(node.commit.at(id)).toBeLessThanOrEqual(node.last.at(id));
        expect(node.durable.at(id)).toBeLessThanOrEqual(node.last.at(id));
      }
    }
  });

  test('spans follow each other without a gap', () => {
    for (const spans of run.spans) {
      spans.slice(1).forEach((span, i) => expect(span.from).toBe(spans[i].to));
      expect(spans[spans.length - 1].to).toBe(run.duration);
    }
  });

  test('in each term at most one leader', () => {
    const leaders = new Map<number, string>();
    run.spans.forEach((spans, lane) => {
      for (const span of spans.filter(({ role, status }) => role === 'leader' && status === 'up')) {
        const { name } = run.nodes[lane];
        expect(leaders.get(span.term) ?? name).toBe(name);
        leaders.set(span.term, name);
      }
    });
    expect(leaders.size).toBeGreaterThan(0);
  });
});

test('leader crash: what the page tells is what happened', () => {
  const run = new Run(traceOf('paper/2-leader-crash.json'));
  const texts = run.turning.map(({ text }) => text);
  expect(texts.some((text) => text.startsWith('Crash of n3'))).toBe(true);
  const leaders = run.turning.filter(({ kind }) => kind === 'leader').map(({ id }) => run.event(id).node);
  expect(leaders).toEqual(['n3', 'n0']);
  const n3 = run.nodes[3];
  const crash = run.events.find(({ event }) => event === 'crashed')!;
  expect([n3.role.at(crash.id - 1), n3.status.at(crash.id - 1), n3.status.at(crash.id)]).toEqual(['leader', 'up', 'down']);
  const chain = run.causes.chain(run.turning.findLast(({ kind }) => kind === 'leader')!.id);
  expect(run.event(chain[0]).event).toBe('timer_fired');
});

// Snapshots, members that come and go, broken disks: nothing of it contradicts what docs/trace.md says.
const hard = ['joiner', 'restart-from-snapshot', 'receiver-restarts', 'wiped-node'].map((name) => `snapshots/${name}.json`);
hard.push(...['large-value', 'disk-torn-writes', 'disk-sync-lies-rejoins', 'figure-8', 'network-duplicates'].map((name) => `faults/${name}.json`));
hard.push('membership/replace-all.json', 'transfer/races-partition.json', 'membership/wiped-node.json');

test.each(hard)('%s can be rebuilt', (scenario) => {
  const run = new Run(traceOf(scenario));
  const [first, ...others] = alive(run).sort((a, b) => b.applied.last() - a.applied.last());
  for (const node of others.filter((node) => node.applied.last() === first.applied.last())) {
    expect(node.mapAt(run.events.length)).toEqual(first.mapAt(run.events.length));
  }
});

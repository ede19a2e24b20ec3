import { expect, test } from 'vitest';
import { decodeCommand, joinParts, toBytes, toText } from '../src/model/command';
import { parseQuery } from '../src/model/search';
import { Timeline, upperBound } from '../src/model/timeline';
import { Run } from '../src/model/run';
import { parseText } from '../src/trace/parse';
import { failingMutant, recorded } from './traces';
import { roundStep, tickLabel } from '../src/view/axis';
import { Camera } from '../src/view/camera';

test('a timeline knows its value after each event', () => {
  const line = new Timeline('a');
  line.set(3, 'b');
  line.set(5, 'b');
  line.set(7, 'c');
  expect([1, 3, 6, 7, 99].map((id) => line.at(id))).toEqual(['a', 'b', 'b', 'c', 'c']);
  expect(line.ids).toEqual([3, 7]);
  expect(upperBound([1, 2, 2, 5], 2)).toBe(3);
});

const encoded = (op: number, ...fields: string[]): Uint8Array => {
  const bytes = [1, ...new Array<number>(24).fill(0), op];
  for (const field of fields) bytes.push(field.length, 0, 0, 0, ...toBytes(field));
  return Uint8Array.from(bytes);
};

test('a large command is joined of its parts', () => {
  const bytes = encoded(1, 'key', 'a value');
  expect(joinParts([toText(bytes.subarray(0, 9)), toText(bytes.subarray(9))])).toEqual({ op: 'put', key: 'key', value: 'a value' });
  expect(decodeCommand(encoded(2, 'k'))).toEqual({ op: 'delete', key: 'k' });
  expect(() => decodeCommand(encoded(1, 'key').subarray(0, 28))).toThrow();
  expect(toText(Uint8Array.of(0, 255))).toEqual({ hex: '00ff' });
});

test('search takes words, events and times', () => {
  expect(parseQuery('#12')).toEqual({ kind: 'event', id: 12 });
  expect(parseQuery('2.5s')).toEqual({ kind: 'time', t: 2_500_000_000 });
  expect(parseQuery('Vote  n3')).toEqual({ kind: 'words', words: ['vote', 'n3'] });
});

test('ticks are round, and labels tell them apart', () => {
  expect([1, 3, 21, 600].map(roundStep)).toEqual([1, 5, 50, 1000]);
  expect(tickLabel(2e9, 1e9)).toBe('2 s');
  expect(tickLabel(2_215_400_000, 1e5)).toBe('2,215.4 ms');
});

test('the camera zooms from microseconds to the whole run, and stays near it', () => {
  const camera = new Camera(600e9);
  camera.width = 1000;
  for (let i = 0; i < 100; ++i) camera.zoom(0.5, 300e9);
  expect(camera.to - camera.from).toBeLessThan(1000);
  expect(camera.x(300e9)).toBeGreaterThan(0);
  for (let i = 0; i < 100; ++i) camera.zoom(2, 300e9);
  expect([camera.from <= 0, camera.to >= 600e9]).toEqual([true, true]);
  camera.show(0, 1e9);
  camera.pan(-1e9);
  expect(camera.to).toBeGreaterThan(0);
});

const lines = (...events: object[]): string =>
  ['{"trace":1,"nodes":3,"until":100}', ...events.map((event, i) => JSON.stringify({ id: i + 1, t: i, ...event })), `{"end":1,"events":${events.length},"passed":false}`].join('\n');

test('a partition lasts until what ends it; healing ends all', () => {
  const run = new Run(
    parseText(
      lines(
        { event: 'fault', what: 'partition: n0 | n1', kind: 'partition', nodes: ['n0'], links: [['n0', 'n1'], ['n1', 'n0']] },
        { event: 'fault', what: 'cut', kind: 'cut', links: [['n0', 'n2']] },
        { event: 'fault', what: 'end', kind: 'mend', ends: 1 },
        { event: 'fault', what: 'pause of n2', kind: 'pause', nodes: ['n2'] },
        { event: 'fault', what: 'all', kind: 'heal' },
        { event: 'fault', what: 'n2 runs again', kind: 'unpause', nodes: ['n2'] },
      ),
    ),
  );
  expect(run.faults.filter(({ from, to }) => to > from).map(({ kind, to }) => [kind, to])).toEqual([['partition', 2], ['cut', 4], ['pause', 5]]);
});

test('a message ends where it is delivered or lost', () => {
  const message = { from: 'n0', to: 'n1', type: 'heartbeat', term: 1 };
  const run = new Run(
    parseText(
      lines(
        { node: 'n0', event: 'sent', ...message },
        { node: 'n0', event: 'sent', ...message },
        { node: 'n0', event: 'duplicated', ...message, cause: 1 },
        { node: 'n1', event: 'delivered', ...message, cause: 1 },
        { node: 'n1', event: 'dropped', ...message, why: 'node_down', cause: 2 },
      ),
    ),
  );
  expect(run.messages.inFlight(3)).toEqual([0, 1, 2]);
  expect(run.messages.inFlight(4)).toEqual([1, 2]);
  expect(run.messages.inFlight(5)).toEqual([2]);
});

test('what the trace says of broken expectations is where the page opens', () => {
  const run = new Run(parseText(lines({ event: 'expected', number: 0, held: true, why: 'fine' }, { event: 'expected', number: 1, held: false, why: 'no leader' })));
  expect([run.failure?.id, run.failure?.why]).toEqual([2, 'no leader']);
});

test('a broken invariant is where the page opens, also if only the last line tells of it', () => {
  const told = lines({ event: 'fault', what: 'a' }, { event: 'fault', what: 'b' }).replace('"passed":false', '"passed":false,"violation":{"property":"election_safety","detail":"two leaders","event":2}');
  const run = new Run(parseText(told));
  expect([run.failure?.id, run.failure?.what, run.failure?.why]).toEqual([2, 'election safety', 'two leaders']);
});

test('a broken invariant ends the run: nothing is told of what was expected later', () => {
  const run = new Run(recorded(failingMutant));
  expect([run.failure?.what, run.failure?.id]).toEqual(['a leader commits its own term', run.events.length]);
  expect(run.turning[run.turning.length - 1].id).toBe(run.failure?.id);
  expect(run.duration).toBe(run.events[run.events.length - 1].t);
  const decided = run.expectations.filter(({ held }) => held !== null);
  expect(decided.every(({ held, t }) => held === true && t < run.duration)).toBe(true);
  expect(run.expectations.length).toBeGreaterThan(decided.length);
  expect(run.nodeOf(run.event(run.failure!.id!))).toBe('n0');
});

test('calls that no order explains are where the page opens, if the run failed by them', () => {
  const called = (operation: number, op: object): object => ({ event: 'called', client: 0, operation, key: 'x', ...op });
  const answered = (operation: number, answer: object): object => ({ event: 'answered', client: 0, operation, given_up: null, outcome: 'ok', ...answer });
  const table = 'not linearizable: 2 operations on 1 key\\nNo order fits these 2 operations on key \\"x\\":\\n    who\\n    client 0\\n  > client 0\\nThe get came back at 3 too late.\\n';
  const told = lines(called(1, { op: 'put', value: 'new' }), answered(1, {}), called(2, { op: 'get' }), answered(2, { found: false }), { event: 'fault', what: 'end' })
    .replace('"passed":false', `"passed":false,"violation":{"property":"linearizability","detail":"too old","event":5},"conflict":{"operations":[1,2],"text":"${table}"}`);
  const run = new Run(parseText(told));
  expect([run.failure?.what, run.failure?.id]).toEqual(['linearizability', 4]);
});

test('a trace of a real node is shown, too', () => {
  const run = new Run(
    parseText(
      [
        '{"trace":1,"cluster":"demo","node":"n1","unix_ns":1795430000000000000}',
        '{"id":1,"t":0,"node":"n1","event":"started","incarnation":3,"store":"00","term":4,"vote":null,"kept":0,"last":2,"torn":null}',
        '{"id":2,"t":0,"node":"n1","event":"appended","index":1,"term":4,"kind":"noop"}',
        '{"id":3,"t":9,"node":"n1","event":"sent","from":"n1","to":"n0","type":"heartbeat_response","term":4}',
      ].join('\n'),
    ),
  );
  expect(run.notice).toBeNull();
  expect(run.nodes.map(({ name }) => name)).toEqual(['n0', 'n1']);
  expect([run.nodes[1].term.last(), run.nodes[1].last.last(), run.nodes[0].status.last()]).toEqual([4, 1, 'absent']);
});

const process = (node: string, ...events: object[]): object[] => events.map((event, i) => ({ node, t: 10 + i, ...event }));
const start = { event: 'started', term: 1, vote: null, kept: 0, last: 0 };

const ofCluster = (notes: string[], ...events: object[]): Run =>
  new Run(parseText([JSON.stringify({ trace: 1, cluster: 'demo', nodes: 2, unix_ns: 1795430000000000000, notes }), ...events.map((event, i) => JSON.stringify({ id: i + 1, t: i, ...event }))].join('\n')));

test('traces of several real nodes: a leader whose trace ends is told before the next election', () => {
  const first = process('n0', { ...start, t: 0 }, { event: 'role_changed', role: 'leader', why: 'election_won', t: 1 }, { event: 'trace_ended', t: 1 });
  const next = process('n1', { ...start }, { event: 'role_changed', role: 'pre_candidate', why: 'election_timeout' }, { event: 'role_changed', role: 'leader', why: 'election_won' }, { event: 'trace_ended' });
  const again = process('n0', { ...start, t: 20 }, { event: 'trace_ended', t: 21 });
  const run = ofCluster([], ...first, ...next, ...again);
  const told = run.turning.map(({ text }) => text);
  expect(told[1]).toContain('n0, the leader in term 1, falls silent');
  expect(told[2]).toContain('n1 becomes a pre-candidate, since it has heard no leader');
  expect(told[3]).toContain('n1 becomes the leader');
  expect(told[told.length - 1]).toContain('n0 is back');
  expect(run.nodes[0].status.at(5)).toBe('trace ends');
  expect(run.notice).toBeNull();
});

test('doubtful clocks of real nodes are told', () => {
  const run = ofCluster(['The clock of n1 was behind.'], ...process('n0', start));
  expect(run.notice).toContain('The clock of n1 was behind.');
});

test('a real node that starts from a snapshot is shown, without the map that nobody told', () => {
  const run = ofCluster([], ...process('n0', { ...start, snapshot: 5, base: 5, last: 5 }, { event: 'appended', index: 6, term: 1, kind: 'command', command: { op: 'put', key: 'k', value: 'v' } }, { event: 'committed', commit: 6 }, { event: 'applied', index: 6, outcome: 'ok', duplicate: false }));
  const [node] = run.nodes;
  expect([node.last.last(), node.applied.last(), node.mapKnown.last()]).toEqual([6, 6, false]);
  expect([...node.mapAt(4)]).toEqual([['"k', 'v']]);
});

test('a trace that contradicts itself is told, with its place', () => {
  const broken = lines({ event: 'appended', node: 'n0', index: 3, term: 1, kind: 'noop' });
  expect(() => new Run(parseText(broken))).toThrow('event 1 (appended) of n0: appended out of order');
});

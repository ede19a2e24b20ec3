import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { parseText } from '../src/trace/parse';
import { bytesOfBase64, readTrace } from '../src/trace/source';

const header = '{"trace":1,"scenario":"s","seed":1,"nodes":1,"until":5}';
const event = (id: number, t = id): string => JSON.stringify({ id, t, node: 'n0', event: 'timer_fired', timer: 'election' });
const end = '{"end":1,"events":2,"passed":true}';

test('a whole trace is read', () => {
  const trace = parseText([header, event(1), event(2), end, ''].join('\n'));
  expect(trace.events.map(({ id }) => id)).toEqual([1, 2]);
  expect(trace.end?.passed).toBe(true);
  expect(trace.notice).toBeNull();
});

test.each([
  ['', 'empty'],
  ['hello', 'This is no trace'],
  ['[1,2]', 'This is no trace'],
  ['{"a":1}', 'This is no trace'],
  ['{"trace":2}', 'version 2'],
  [header, 'no events'],
  [`${header}\n{"id":7,"t":1,"event":"x"}`, 'Line 2 should be event 1'],
])('what is no trace is told: %s', (text, message) => {
  expect(() => parseText(text)).toThrow(message);
});

test.each([
  [event(2).slice(0, 20), 'Line 3 is not a complete JSON object'],
  [event(4), 'Line 3 should be event 2'],
  [event(2, 0), 'Line 3 goes back in time'],
  ['{"id":2,"t":3,"event":"x","cause":2}', 'Line 3 has a cause that is no earlier event'],
  ['{"id":2,"t":3}', 'Line 3 names no event'],
])('what comes before a bad line is kept: %s', (line, message) => {
  const trace = parseText([header, event(1), line, event(3)].join('\n'));
  expect(trace.events.length).toBe(1);
  expect(trace.notice).toContain(message);
});

test('a trace without its last line was cut short, but not one of a real node', () => {
  expect(parseText([header, event(1)].join('\n')).notice).toContain('cut short');
  expect(parseText(['{"trace":1,"cluster":"c","node":"n0","unix_ns":5}', event(1)].join('\n')).notice).toBeNull();
});

test('gzip is unpacked, and if it is cut, what can be read is kept', async () => {
  const lines = [header, ...Array.from({ length: 5000 }, (_, i) => event(i + 1, i * 37))].join('\n');
  const packed = new Uint8Array(gzipSync(lines));
  expect((await readTrace(packed)).events.length).toBe(5000);
  const cut = await readTrace(packed.slice(0, packed.length / 2));
  expect(cut.events.length).toBeGreaterThan(100);
  expect(cut.notice).toContain('cut short');
});

test('what is not base64 is told', () => {
  expect(() => bytesOfBase64('***')).toThrow('not base64');
});

// Recorded runs: a known bug that breaks an invariant, and a cluster of real nodes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { close, complaints, cursor, frame, goTo, nodesShown, openPage, press, ready } from './browser.mjs';
import { recorded, traceOf, viewOf } from './runs.mjs';

after(close);
const failingMutant = recorded('17-old-term-committed-by-counting.jsonl.gz');
const cluster = ['n0', 'n0-2', 'n1', 'n2'].map((name) => `cluster/${name}.jsonl.gz`);

// By event, which keys its lines have.
const shapeOf = (text) => {
  const shape = new Map();
  for (const line of text.trim().split('\n').slice(1, -1).map((each) => JSON.parse(each))) {
    const keys = shape.get(line.event) ?? shape.set(line.event, new Set()).get(line.event);
    for (const key of Object.keys(line)) keys.add(key);
  }
  return shape;
};

test('the run of the mutant has the format of today (if not: tests/data/README.md tells how to make it again)', () => {
  const today = shapeOf(traceOf('incidents/old-term-committed-by-counting.json'));
  const shape = shapeOf(readFileSync(failingMutant[0], 'utf8'));
  assert.ok(shape.size > 20);
  for (const [event, keys] of shape) if (event !== 'violated') assert.deepEqual([...keys].sort(), [...(today.get(event) ?? [])].sort(), event);
});

test('a run that breaks an invariant opens there, and says what is broken, where, and what led there', async () => {
  const { url, lines } = viewOf(failingMutant, 'mutant');
  const violated = lines.find((line) => line.event === 'violated');
  const page = await ready(await openPage(url));
  assert.equal(await cursor(page), violated.id);
  assert.match(await page.textContent('.failure'), /a leader commits its own term.*n0, leading term 3, commits entry 6 of an earlier term/);
  assert.match(await page.textContent('#story'), /a leader commits its own term/);
  assert.equal(await page.getAttribute('#nodes tr.here', 'data-node'), 'n0');
  const chain = await page.$$eval('.chain .cause', (steps) => steps.map((step) => step.textContent));
  assert.match(chain.at(-1), /n0 knows that entries up to 6 are committed/);
  assert.ok(chain.some((step) => /n1 sends n0 the vote for term 3/.test(step)));
  const verdicts = await page.$$eval('.check', (checks) => checks.map((check) => check.dataset.verdict));
  assert.deepEqual([verdicts[0], verdicts.filter((verdict) => verdict === 'broken').length], ['broken', 1]);
  assert.match(await page.textContent('#checks'), /not reached/);
  await press(page, 'Home', 'f');
  assert.equal(await cursor(page), violated.id);
  await page.close();
});

test('the traces of real nodes, together, tell why the leader changed', async () => {
  const { url, lines } = viewOf(recorded(...cluster), 'cluster');
  const page = await ready(await openPage(url));
  assert.equal(await page.textContent('h1'), 'cluster test');
  assert.equal(await page.textContent('#verdict'), 'Real nodes');
  const points = await page.$$eval('.point', (items) => items.map((item) => item.textContent).join('\n'));
  assert.match(points, /n0 becomes the leader[^]*n0, the leader in term 1, falls silent[^]*n1 becomes a pre-candidate, since it has heard no leader[^]*n1 becomes the leader[^]*n0 is back/);
  assert.equal(lines[(await cursor(page))].event, 'role_changed');
  assert.match(await page.textContent('#before'), /n0, the leader in term 1, falls silent.* → n1 becomes a pre-candidate, since it has heard no leader/);
  assert.deepEqual((await nodesShown(page)).map(({ node, role, term }) => [node, role, term]), [['n0', 'trace ends', '1'], ['n1', 'leader', '2'], ['n2', 'follower', '2']]);
  const last = lines.filter((line) => line.event === 'applied').at(-1);
  await goTo(page, last.id);
  const shown = await page.$$eval('.kv tbody tr', (rows) => rows.map((row) => row.cells[0].textContent));
  assert.deepEqual(shown, ['k0', 'k1', 'k2', 'k3', 'k4', 'z']);
  await press(page, '1');
  assert.match(await page.textContent('.history'), /tell nothing of their clients/);
  await page.close();
});

test('one trace of a real node is shown by itself', async () => {
  const { url } = viewOf(recorded(cluster[2]), 'n1-alone');
  const page = await ready(await openPage(url));
  assert.match(await page.textContent('.happened'), /n1 becomes the leader/);
  await press(page, 'End');
  await frame(page);
  assert.match(await page.textContent('#story'), /the trace of n1 ends/i);
  await page.close();
});

test('nothing was complained of, and nothing fetched', () => assert.deepEqual(complaints, []));

// How fast the page is, and how it looks.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { close, complaints, openPage, press, ready } from './browser.mjs';
import { pageOf, recorded, variant, viewOf } from './runs.mjs';

after(close);

// For the documents: PICTURES names the folder. A run, and the moment or the keys that lead to what is shown.
const mutant = () => viewOf(recorded('17-old-term-committed-by-counting.jsonl.gz'), 'mutant');
const cluster = () => viewOf(recorded(...['n0', 'n0-2', 'n1', 'n2'].map((name) => `cluster/${name}.jsonl.gz`)), 'cluster');
const pictures = {
  '1-election': ['paper/1-election-and-put-get.json'],
  '2-leader-crash': ['paper/2-leader-crash.json'],
  '2-leader-crash-election': ['paper/2-leader-crash.json', 'v'],
  '3a-majority-down': ['paper/3a-majority-down.json'],
  '3b-leader-lost': ['paper/3b-majority-down-leader-lost.json'],
  '4-suspend-write-resume': ['paper/4-suspend-write-resume.json'],
  'partial-partition': ['incidents/partial-partition-livelock.json'],
  'calls-in-order': ['paper/2-leader-crash.json', '#event=14955&from=2240000000&to=2242200000'],
  'failing-mutant': [mutant],
  'real-nodes': [cluster],
  'two-leaders-dark': ['reads/lease-clock-beyond-bound.json', 'n', 'n', 'n', 't'],
};

test('pictures', { skip: process.env.PICTURES === undefined }, async () => {
  for (const [name, [scenario, ...keys]] of Object.entries(pictures)) {
    const moment = keys[0]?.startsWith('#') ? keys.shift() : '';
    const page = await ready(await openPage((typeof scenario === 'string' ? pageOf(scenario) : scenario()).url + moment));
    await press(page, ...keys);
    await page.screenshot({ path: join(process.env.PICTURES, `${name}.png`) });
    await page.close();
  }
});

test('how fast it is (told, not judged)', async () => {
  const scenario = variant('paper/2-leader-crash.json', 'long', (made) => {
    made.until = '12s';
    made.workload.stop = '11s';
    made.expect = [];
  });
  const { url, events } = pageOf(scenario);
  const began = performance.now();
  const page = await ready(await openPage(url));
  const opened = performance.now() - began;
  const frames = await page.evaluate(async () => {
    const canvas = document.querySelector('#lanes');
    const next = () => new Promise((done) => requestAnimationFrame(done));
    const begin = performance.now();
    let count = 0;
    for (; performance.now() - begin < 2000; ++count) {
      canvas.dispatchEvent(new WheelEvent('wheel', { deltaY: count < 20 ? -60 : 0, deltaX: count < 20 ? 0 : count % 60 < 30 ? 40 : -40, clientX: 800, clientY: 300, cancelable: true }));
      await next();
    }
    return (count * 1000) / (performance.now() - begin);
  });
  console.log(`${events.length} events: opened in ${opened.toFixed(0)} ms; ${frames.toFixed(0)} frames a second while panning`);
  await page.close();
});

test('nothing was complained of, and nothing fetched', () => assert.deepEqual(complaints, []));

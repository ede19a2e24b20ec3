// What the page is given: values that look like HTML, traces that are cut or foreign, files.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { close, complaints, cursor, goTo, openPage, press, ready } from './browser.mjs';
import { cutShort, emptyPage, folder, pageOf, pageWith, traceOf, variant } from './runs.mjs';

after(close);

const evil = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>';

test('what looks like HTML is shown and never run', async () => {
  const scenario = variant('paper/1-election-and-put-get.json', 'html-in-values', (made) => {
    made.description = evil;
    made.events = [{ at: '1s', do: 'put', key: evil, value: `</script>${evil}`, expect: 'ok' }, { at: '2s', do: 'note', note: evil }];
    made.expect = [];
  });
  const { url, events } = pageOf(scenario);
  const page = await ready(await openPage(url));
  const check = async (selector) => {
    assert.ok((await page.textContent(selector)).includes('<img src=x'), selector);
    assert.equal(await page.$$eval('img, #page script', (found) => found.length), 0);
    assert.equal(await page.evaluate(() => window.ran), undefined);
  };
  await goTo(page, events.find((event) => event.event === 'called' && event.key === evil).id);
  await check('#story');
  await check('.calls');
  await goTo(page, events.findLast((event) => event.event === 'applied').id);
  await press(page, '2');
  await check('.kv');
  await page.fill('#search', 'onerror');
  await page.waitForSelector('#results button');
  await check('#results');
  await page.press('#search', 'Escape');
  await page.hover('#lanes');
  await page.close();
});

test('a trace that is cut short is shown as far as it goes, and says so', async () => {
  const trace = traceOf('paper/1-election-and-put-get.json');
  const last = trace.trimEnd().lastIndexOf('\n');
  for (const [url, message] of [
    [pageWith(trace.slice(0, trace.length / 2), 'cut-in-a-line'), /cut short.*Line \d+/],
    [pageWith(trace.slice(0, last + 1), 'cut-behind-a-line'), /cut short.*last line/],
    [cutShort(trace, 'cut-gzip'), /cut short.*compressed data/],
  ]) {
    const page = await ready(await openPage(url));
    assert.match(await page.textContent('#notice'), message);
    assert.equal(await page.textContent('#verdict'), 'No verdict');
    await page.close();
  }
});

for (const [name, content, message] of [
  ['text', 'hello\nworld', /no trace of a run/],
  ['other-json', '{"name":"viewer","version":1}', /no trace of a run/],
  ['next-version', '{"trace":2}\n', /version 2/],
  ['nothing', '', /empty/],
  ['contradiction', '{"trace":1,"nodes":1}\n{"id":1,"t":0,"node":"n0","event":"appended","index":5,"term":1,"kind":"noop"}', /contradicts itself/],
  ['wrong-types', '{"trace":1,"nodes":2}\n{"id":1,"t":0,"node":"n0","event":"started"}\n{"id":2,"t":0,"node":"n0","event":"applied","index":{}}', /contradicts itself|cannot be shown/],
]) {
  test(`a foreign trace is refused in words: ${name}`, async () => {
    const page = await openPage(pageWith(content, name));
    await page.waitForSelector('#message[role=alert]');
    assert.match(await page.textContent('#message'), message);
    await page.close();
  });
}

test('the page without a run takes a file, plain or gzipped', async () => {
  const trace = traceOf('paper/1-election-and-put-get.json');
  writeFileSync(join(folder, 'one.jsonl.gz'), gzipSync(trace));
  writeFileSync(join(folder, 'one.jsonl'), trace);
  for (const name of ['one.jsonl', 'one.jsonl.gz']) {
    const page = await openPage(emptyPage);
    assert.match(await page.textContent('#message'), /no run yet/);
    await page.setInputFiles('input[type=file]', join(folder, name));
    await ready(page);
    assert.equal(await page.textContent('h1'), '1-election-and-put-get');
    await press(page, 'Home', 'ArrowRight');
    assert.equal(await cursor(page), 2);
    await page.close();
  }
});

test('nothing was complained of, and nothing fetched', () => assert.deepEqual(complaints, []));

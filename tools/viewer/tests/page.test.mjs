// The page in a browser: does it say what the trace says?
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { close, complaints, cursor, frame, goTo, nodesShown, openPage, press, ready, until, windowShown } from './browser.mjs';
import { stateAfter } from './plain-fold.mjs';
import { pageOf, variant } from './runs.mjs';

after(close);
const paper = ['1-election-and-put-get', '2-leader-crash', '3a-majority-down', '3b-majority-down-leader-lost', '4-suspend-write-resume'];

for (const name of paper) {
  test(`${name}: the page says what the trace says`, async () => {
    const { url, header, events } = pageOf(`paper/${name}.json`);
    const page = await ready(await openPage(url));
    assert.equal(await page.textContent('h1'), name);
    assert.equal(await page.textContent('#description'), header.description);
    assert.match(await page.textContent('#verdict'), /Passed/);
    for (let step = 1; step <= 12; ++step) {
      const id = Math.ceil((events.length * step) / 12);
      await goTo(page, id);
      assert.deepEqual(await nodesShown(page), stateAfter(events, id, header.nodes), `at event ${id}`);
      if (events[id - 1].event !== 'expected') assert.ok((await page.textContent('#story')).toLowerCase().includes(events[id - 1].says.toLowerCase()));
    }
    await page.close();
  });

  test(`${name}: steps`, async () => {
    const { url, events } = pageOf(`paper/${name}.json`);
    const page = await ready(await openPage(url));
    const election = events.find((event) => event.event === 'role_changed' && event.role === 'leader').id;
    await goTo(page, election);
    await press(page, 'ArrowRight');
    assert.equal(await cursor(page), election + 1);
    await press(page, 'ArrowLeft', 'ArrowLeft');
    assert.equal(await cursor(page), election - 1);
    await goTo(page, election);
    await press(page, 'c');
    assert.equal(await cursor(page), events[election - 1].cause);
    await press(page, 'e');
    assert.equal(events[(await cursor(page)) - 1].cause, events[election - 1].cause);
    await goTo(page, election);
    await press(page, 'Shift+ArrowRight');
    const after = events.find((event) => event.id > election && event.node === events[election - 1].node);
    assert.equal(await cursor(page), after.id);
    await press(page, '.');
    assert.equal(await cursor(page), events.find((event) => event.id > after.id && event.event === after.event).id);
    await press(page, 'End');
    assert.equal(await cursor(page), events.length);
    await page.close();
  });
}

test('turning points lead to their events, and tell why the leader changed', async () => {
  const { url, events } = pageOf('paper/2-leader-crash.json');
  const page = await ready(await openPage(url));
  const points = await page.$$eval('.point', (items) => items.map((item) => ({ text: item.textContent, id: Number(item.dataset.event) })));
  const text = points.map((point) => point.text).join('\n');
  assert.match(text, /Crash of n3/);
  assert.match(text, /n3, the leader in term 1, is down/);
  assert.match(text, /n0 has heard no leader for 219\.029ms and asks for votes/);
  assert.match(text, /n0 leads term 2: a quorum voted for it/);
  assert.match(await page.textContent('#before'), /Crash of n3 → n3, the leader in term 1, is down → n0 has heard no leader for 219\.029ms and asks for votes$/);
  await page.click('#before button >> nth=0');
  await frame(page);
  assert.equal(events[(await cursor(page)) - 1].what, 'crash of n3');
  await page.click(`.point[data-event="${points[2].id}"]`);
  await frame(page);
  assert.equal(await cursor(page), points[2].id);
  await press(page, 'n');
  assert.equal(await cursor(page), points[3].id);
  await press(page, 'p', 'p');
  assert.equal(await cursor(page), points[1].id);
  assert.ok(events[points[3].id - 1].t >= events[points[1].id - 1].t);
  await page.close();
});

test('a failed run opens where it failed', async () => {
  const scenario = variant('paper/2-leader-crash.json', 'too-few-elections', (made) => made.expect.push({ that: 'one_leader', during: ['1.5s', '3s'], because: 'the test wants a failure' }));
  const { url, events } = pageOf(scenario);
  const broken = events.find((event) => event.event === 'expected' && event.held === false);
  assert.ok(broken, 'the run fails');
  const page = await ready(await openPage(url));
  assert.equal(await cursor(page), broken.id);
  assert.match(await page.textContent('#verdict'), /Failed/);
  assert.equal(await page.getAttribute('.check', 'data-verdict'), 'broken');
  await press(page, 'Home');
  assert.equal(await cursor(page), 1);
  await press(page, 'f');
  assert.equal(await cursor(page), broken.id);
  await press(page, 'Home');
  await page.click('.check.broken');
  await frame(page);
  assert.equal(await cursor(page), broken.id);
  await page.close();
});

test('zoom, pan and fit; the address leads back', async () => {
  const { url, events } = pageOf('paper/1-election-and-put-get.json');
  const page = await ready(await openPage(url));
  const whole = await windowShown(page);
  assert.ok(whole.from <= 0 && whole.to >= events.at(-1).t);
  for (let i = 0; i < 40; ++i) await press(page, '+');
  const near = await windowShown(page);
  assert.ok(near.to - near.from <= 1000, 'microseconds from edge to edge');
  await press(page, 'd');
  const moved = await windowShown(page);
  assert.ok(moved.from > near.from);
  const again = await ready(await openPage(page.url()));
  assert.equal(await cursor(again), await cursor(page));
  assert.deepEqual(await windowShown(again), moved);
  await press(page, '0');
  assert.deepEqual(await windowShown(page), whole);
  await page.hover('#lanes');
  await page.mouse.wheel(0, -600);
  await frame(page);
  const wheeled = await windowShown(page);
  assert.ok(wheeled.to - wheeled.from < whole.to - whole.from);
  await page.close();
  await again.close();
});

test('search finds words, numbers and times', async () => {
  const { url, events } = pageOf('paper/2-leader-crash.json');
  const page = await ready(await openPage(url));
  await press(page, '/');
  await page.keyboard.type('fault crash n3');
  await press(page, 'Enter');
  await page.waitForSelector(`#at[data-id="${events.find((event) => event.what === 'crash of n3').id}"]`);
  await page.fill('#search', '#4321');
  await page.press('#search', 'Enter');
  await frame(page);
  assert.equal(await cursor(page), 4321);
  await page.fill('#search', '2.5s');
  await page.press('#search', 'Enter');
  await frame(page);
  assert.equal(await cursor(page), events.filter((event) => event.t <= 2.5e9).at(-1).id);
  await page.fill('#search', 'no such thing anywhere');
  await until(page, () => document.querySelector('#results').textContent.includes('Nothing found'));
  await page.close();
});

test('steps can be kept to a kind and a node; messages can be hidden', async () => {
  const { url, events } = pageOf('paper/2-leader-crash.json');
  const page = await ready(await openPage(url));
  await press(page, 'Home');
  await page.selectOption('select[title="Step through"]', 'messages');
  await page.selectOption('select[title="Step at"]', 'n2');
  await page.focus('#lanes');
  await press(page, 'ArrowRight');
  const first = events[(await cursor(page)) - 1];
  assert.deepEqual([first.node, ['sent', 'delivered', 'dropped'].includes(first.event)], ['n2', true]);
  await press(page, 'm');
  await page.click('#types button[title="Show none"]');
  await frame(page);
  assert.equal(await page.textContent('#bundled'), '');
  await page.close();
});

test('a click on a lane chooses an event of its node', async () => {
  const { url, events } = pageOf('paper/2-leader-crash.json');
  const page = await ready(await openPage(url));
  const box = await (await page.$('#lanes')).boundingBox();
  const seen = new Set();
  for (let y = 60; y < box.height * 0.8; y += 6) {
    await page.mouse.click(box.x + box.width / 2, box.y + y);
    await frame(page);
    seen.add(events[(await cursor(page)) - 1].node);
  }
  assert.deepEqual(['n0', 'n1', 'n2', 'n3', 'n4'].filter((node) => !seen.has(node)).length <= 1, true, [...seen].join());
  await page.close();
});

test('the map, the calls and the messages in flight are those of the trace', async () => {
  const { url, events } = pageOf('paper/4-suspend-write-resume.json');
  const page = await ready(await openPage(url));
  const writes = new Map();
  for (const event of events) if (event.event === 'called' && event.op === 'put') writes.set(event.key, event.value); else if (event.op === 'delete') writes.delete(event.key); // no two overlap
  await goTo(page, events.findLast((event) => event.event === 'applied').id);
  await press(page, '2');
  const shown = await page.$$eval('.kv tbody tr', (rows) => rows.map((row) => [row.cells[0].textContent, row.cells[1].textContent]));
  assert.deepEqual(new Map(shown), writes);
  await press(page, '1');
  assert.match(await page.textContent('.history'), new RegExp(`${events.filter((event) => event.event === 'called').length} calls`));
  const sent = events.find((event) => event.event === 'sent').id;
  await goTo(page, sent);
  await press(page, '3');
  assert.equal(await page.getAttribute('[data-in-flight]', 'data-in-flight'), '1');
  await page.close();
});

test('calls that no order explains are told in words, with links', async () => {
  const { url, end, events } = pageOf('reads/lease-clock-beyond-bound.json');
  const page = await ready(await openPage(url));
  const { operations } = end.conflict;
  assert.ok(operations.length > 1);
  assert.match(await page.textContent('.history .failure'), new RegExp(`No order explains these ${operations.length} calls`));
  const steps = await page.$$eval('.conflict-step', (items) => items.map((item) => item.textContent));
  assert.equal(steps.length, operations.length);
  assert.match(steps.at(-1), /get x → ok "old"; it began after “put x = new” was answered/);
  assert.match(await page.textContent('.conflict-why'), /every order of what came before leaves the key at "new"/);
  await page.click('.conflict-step >> nth=1');
  await frame(page);
  assert.deepEqual([events[(await cursor(page)) - 1].event, events[(await cursor(page)) - 1].operation], ['answered', operations[1]]);
  assert.equal((await page.$$('.calls [data-effect]')).length, 0); // there is no order to show
  await page.close();
});

test('calls can be stepped through in the order in which they took effect', async () => {
  const { url, events } = pageOf('reads/follower-read.json');
  const page = await ready(await openPage(url));
  await press(page, 'Home');
  const called = events.filter((event) => event.event === 'called').length;
  assert.match(await page.textContent('#history-head'), new RegExp(`${called} calls, .*in the order in which they took effect`));
  const order = await page.$$eval('.calls tbody tr', (rows) => rows.map((row) => Number(row.dataset.effect)).filter((id) => id > 0));
  for (const effect of order) {
    await press(page, 'j');
    assert.equal(await cursor(page), effect);
    assert.match(await page.getAttribute('.calls .changed', 'data-effect'), new RegExp(`^${effect}$`));
  }
  assert.ok(order.some((effect) => events[effect - 1].event === 'applied') && order.some((effect) => events[effect - 1].event === 'replied'));
  await press(page, 'k');
  assert.equal(await cursor(page), order.at(-2));
  await page.click('.calls tbody tr >> nth=0');
  await frame(page);
  assert.equal(await cursor(page), order[0]);
  await page.close();
});

test('light and dark, by the system or by hand; help', async () => {
  const { url } = pageOf('paper/1-election-and-put-get.json');
  const page = await ready(await openPage(url, { colorScheme: 'dark' }));
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  assert.equal(await theme(), 'dark');
  await press(page, 't');
  assert.equal(await theme(), 'light');
  await press(page, '?');
  assert.ok(await page.isVisible('#help'));
  await press(page, 'Escape');
  assert.ok(!(await page.isVisible('#help')));
  await page.close();
});

test('nothing was complained of, and nothing fetched', () => assert.deepEqual(complaints, []));

// Chromium, with whatever the page complains of kept.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const paths = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].filter((path) => path && existsSync(path));
if (paths.length === 0) throw new Error('No Chromium: install it (Debian: chromium), or set CHROMIUM');
const browser = await chromium.launch({ executablePath: paths[0], args: ['--no-sandbox'] });

export const size = { width: 1400, height: 900 };
export const complaints = [];

export const openPage = async (url, options = {}) => {
  const page = await browser.newPage({ viewport: size, reducedMotion: 'reduce', ...options });
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(`${url}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`${url}: ${error}`));
  page.on('request', (request) => !/^(file|blob|data):/.test(request.url()) && complaints.push(`${url} asks for ${request.url()}`));
  await page.goto(url);
  return page;
};

export const ready = async (page) => {
  await page.waitForSelector('#at', { timeout: 60_000 });
  await frame(page);
  return page;
};

// All that was asked for is drawn.
export const frame = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

export const press = async (page, ...keys) => {
  for (const key of keys) await page.keyboard.press(key);
  await frame(page);
};

export const cursor = async (page) => Number(await page.getAttribute('#at', 'data-id'));

// Asks again and again: waitForFunction of older Playwrights evaluates a string, which the page's
// Content-Security-Policy forbids.
export const until = async (page, holds, argument) => {
  for (const end = Date.now() + 60_000; Date.now() < end; await page.waitForTimeout(20)) {
    if (await page.evaluate(holds, argument)) return;
  }
  throw new Error(`not within a minute: ${holds}`);
};

export const goTo = async (page, id) => {
  await page.evaluate((event) => (location.hash = `#event=${event}&again=${performance.now()}`), id);
  await until(page, (event) => document.querySelector('#at').dataset.id === String(event), id);
};

export const nodesShown = (page) =>
  page.$$eval('#nodes tbody tr', (rows) => rows.map((row) => {
    const { node, role, term, vote, commit, applied, durable, last } = row.dataset;
    return { node, role, term, vote, commit, applied, durable, last };
  }));

export const windowShown = async (page) => {
  await page.waitForTimeout(250); // the address is written when the picture rests
  const values = new URLSearchParams(new URL(page.url()).hash.slice(1));
  return { from: Number(values.get('from')), to: Number(values.get('to')) };
};

export const close = () => browser.close();

// Puts a trace into the built page: node embed.mjs PAGE TRACE OUT. `raftsim run --html` does the same.
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

export const embed = (page, trace) => {
  const placeholder = '@@RUN@@';
  if (page.split(placeholder).length !== 2) throw new Error('the page has no single place for a run');
  return page.replace(placeholder, gzipSync(trace).toString('base64'));
};

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [page, trace, out] = process.argv.slice(2);
  writeFileSync(out, embed(readFileSync(page, 'utf8'), readFileSync(trace)));
}

// What was run, and how it ended.
import type { Run } from '../model/run';
import { count, duration } from '../model/text';
import { h } from './dom';

const verdictOf = (run: Run): { text: string; kind: string } => {
  if (run.failure !== null || run.end?.passed === false) return { text: '✗ Failed', kind: 'bad' };
  if (run.end === null) return { text: run.isReal ? 'Real nodes' : 'No verdict', kind: 'none' };
  return { text: '✓ Passed', kind: 'good' };
};

const factsOf = (run: Run): string => {
  const { header } = run;
  const facts = [count(run.nodes.length, 'node'), `${duration(run.duration)} of ${run.isReal ? '' : 'virtual '}time`, count(run.events.length, 'event')];
  if (header.seed !== undefined) facts.push(`seed ${header.seed}`);
  if (header.unix_ns !== undefined) facts.push(`began at ${new Date(header.unix_ns / 1e6).toISOString().replace('T', ' ').replace('Z', ' UTC')}`);
  if (run.end?.hash !== undefined) facts.push(`hash ${run.end.hash}`);
  return facts.join(' · ');
};

export const titleOf = (run: Run): string =>
  run.header.scenario ?? (run.isReal ? `${run.header.node === undefined ? '' : `${run.header.node} of `}cluster ${run.header.cluster ?? ''}` : 'A run');

export const headerPanel = (run: Run, tools: HTMLElement): HTMLElement => {
  const verdict = verdictOf(run);
  const failure = run.failure;
  return h(
    'header',
    {},
    h('div', { class: 'title-line' }, h('h1', {}, titleOf(run)), h('span', { class: `verdict ${verdict.kind}`, id: 'verdict' }, verdict.text), h('span', { class: 'facts' }, factsOf(run))),
    tools,
    run.header.description === undefined ? null : h('p', { class: 'about description', id: 'description' }, run.header.description),
    failure === null ? null : h('p', { class: 'about failure' }, `Broken: “${failure.what}”: ${failure.why}`),
    run.notice === null ? null : h('p', { class: 'about notice', id: 'notice', role: 'alert' }, run.notice),
  );
};

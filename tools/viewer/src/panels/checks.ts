// What was expected, and what must always hold: did it, and where was that decided?
import type { Check } from '../model/checks';
import type { Run } from '../model/run';
import { capital } from '../model/story';
import { seconds } from '../model/text';
import type { State } from '../state';
import { h, section } from './dom';

const item = (state: State, check: Check): HTMLElement => {
  const verdict = check.held === null ? 'open' : check.held ? 'held' : 'broken';
  const made = h(
    'button',
    { type: 'button', class: `check ${verdict}`, 'data-event': check.id ?? 0, 'data-verdict': verdict },
    h('span', { class: 'sign' }, { open: '?', held: '✓', broken: '✗' }[verdict]),
    h('time', {}, seconds(check.t)),
    h('span', { class: 'text' }, capital(check.what), h('small', {}, check.why), check.because === '' ? null : h('small', { class: 'because' }, `because ${check.because}`)),
  );
  made.addEventListener('click', () => check.id !== null && state.visit(check.id));
  return h('li', {}, made);
};

const invariantsText = (run: Run): string => {
  if (run.isReal) return 'Nothing: the traces of real nodes hold no verdicts.';
  return run.end === null ? 'The trace ends before its verdict.' : 'Invariants of the protocol: checked after every event, none broken.';
};

export const checksPanel = (state: State): HTMLElement => {
  const { run } = state;
  const brokenFirst = (a: Check, b: Check): number => Number(a.held ?? true) - Number(b.held ?? true);
  const invariants =
    run.violations.length > 0
      ? run.violations.map((check) => item(state, check))
      : [h('li', { class: 'hint' }, invariantsText(run))];
  return section('What was checked', 'checks', h('ol', { class: 'checks' }, ...invariants, ...[...run.expectations].sort(brokenFirst).map((check) => item(state, check))));
};

// What clients asked and were told, in the order in which it took effect; or the smallest set of calls that no order explains.
import type { Call } from '../model/calls';
import { conflictReason, conflictSteps } from '../model/conflict';
import { answerText, commandText } from '../model/story';
import { count, seconds } from '../model/text';
import type { Actions } from '../actions';
import type { State } from '../state';
import { button, h, keepInView, replace } from './dom';

const window = 30;

export class HistoryPanel {
  readonly element = h('div', { class: 'history' });
  private readonly conflict: HTMLElement[];

  constructor(private readonly state: State, private readonly actions: Actions) {
    this.conflict = this.conflictTold();
  }

  update(): void {
    const { run, cursor } = this.state;
    const calls = run.calls.listed;
    if (calls.length === 0) return replace(this.element, h('p', { class: 'hint' }, run.isReal ? 'The traces of real nodes tell nothing of their clients.' : 'No client called.'));
    const near = run.calls.near(cursor, run.event(cursor).t);
    const first = Math.max(0, Math.min(near - window / 2, calls.length - window));
    replace(this.element, ...this.conflict, this.head(), this.table(calls.slice(first, first + window), near - first));
    if (this.conflict.length === 0) keepInView(this.element, this.element.querySelector('.changed'));
  }

  private conflictTold(): HTMLElement[] {
    const { conflict, calls } = this.state.run;
    if (conflict === null) return [];
    const steps = conflictSteps(conflict, calls).map(({ call, text }, i) => {
      const line = button(`${i + 1}. ${text}`, 'Go to its answer', () => this.state.visit(call.answeredId ?? call.calledId), 'conflict-step');
      line.dataset.event = String(call.answeredId ?? call.calledId);
      return h('li', {}, line);
    });
    return [
      h('p', { class: 'failure' }, `No order explains these ${count(steps.length, 'call')}:`),
      h('ol', { class: 'conflict' }, ...steps),
      h('p', { class: 'conflict-why' }, conflictReason(conflict)),
    ];
  }

  private head(): HTMLElement {
    const { ordered, all } = this.state.run.calls;
    const placed = ordered === null ? 'in the order in which they began' : `${ordered.length === all.length ? 'all' : ordered.length} in the order in which they took effect`;
    return h(
      'p',
      { class: 'hint history-head', id: 'history-head' },
      `${count(all.length, 'call')}, ${placed}. `,
      button('‹', 'The call before ( k )', this.actions.previousCall),
      button('›', 'The next call ( j )', this.actions.nextCall),
    );
  }

  private table(calls: Call[], current: number): HTMLElement {
    const rows = calls.map((call, i) => this.row(call, i === current));
    const ordered = this.state.run.calls.ordered !== null;
    const head = [...(ordered ? ['order', 'effect at'] : []), 'client', 'asked', 'told', 'called', 'took'].map((name) => h('th', { scope: 'col' }, name));
    return h('table', { class: 'calls' }, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...rows));
  }

  private row(call: Call, current: boolean): HTMLElement {
    const { cursor, run } = this.state;
    const number = (text: string): HTMLElement => h('td', { class: 'number' }, text);
    const effect = call.effectAt === null ? [number('–'), number('–')] : [number(String(call.order)), number(seconds(call.effectAt, 4))];
    const row = h(
      'tr',
      { class: `${current ? 'changed' : ''} ${call.calledId > cursor ? 'later' : ''}`, 'data-order': call.order, 'data-effect': call.effectId, tabindex: 0, role: 'button' },
      ...(run.calls.ordered === null ? [] : effect),
      number(`c${call.client}`),
      h('td', {}, commandText(call, 24)),
      h('td', {}, call.answer === null ? 'no answer' : answerText(call.answer)),
      number(seconds(call.from)),
      number(call.answer === null ? '–' : `${((call.to - call.from) / 1e6).toFixed(1)} ms`),
    );
    const go = (): void => this.state.visit(call.effectId ?? call.calledId);
    row.addEventListener('click', go);
    row.addEventListener('keydown', (event) => event.key === 'Enter' && go());
    return row;
  }
}

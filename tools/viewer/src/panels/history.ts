// What clients asked and were told, in the order of the log; or the smallest set of calls that no order explains.
import type { Call } from '../model/calls';
import { answerText, commandText } from '../model/story';
import { count, seconds } from '../model/text';
import type { State } from '../state';
import { h, keepInView, replace } from './dom';

const window = 30;

export class HistoryPanel {
  readonly element = h('div', { class: 'history' });
  private readonly ordered: Call[];
  private readonly conflict: Call[];

  constructor(private readonly state: State) {
    const { calls, conflict } = state.run;
    this.ordered = [...calls.all].sort((a, b) => (a.order || Infinity) - (b.order || Infinity) || a.calledId - b.calledId);
    if (this.ordered.every((call) => call.order === 0)) this.ordered.sort((a, b) => a.calledId - b.calledId);
    this.conflict = (conflict?.operations ?? []).map((number) => calls.byNumber.get(number)).filter((call) => call !== undefined);
  }

  update(): void {
    const { run, cursor } = this.state;
    const conflict = run.conflict;
    if (run.calls.all.length === 0) return replace(this.element, h('p', { class: 'hint' }, 'No client called.'));
    const near = this.nearest(cursor);
    const first = Math.max(0, Math.min(near - window / 2, this.ordered.length - window));
    replace(
      this.element,
      conflict === null ? null : h('p', { class: 'failure' }, `No order explains these ${count(this.conflict.length, 'call')}:`),
      conflict === null ? null : this.table(this.conflict, -1),
      conflict === null ? null : h('pre', { class: 'hint' }, conflict.text),
      h('p', { class: 'hint' }, this.summary()),
      this.table(this.ordered.slice(first, first + window), near - first),
    );
    if (conflict === null) keepInView(this.element, this.element.querySelector('.changed'));
  }

  private summary(): string {
    const placed = this.ordered.filter((call) => call.order > 0).length;
    return `${count(this.ordered.length, 'call')}; ${placed} have a place in the order of the log. Around the cursor:`;
  }

  // The call that the event belongs to, or the last that had begun.
  private nearest(cursor: number): number {
    const own = this.state.run.calls.byEvent.get(cursor);
    if (own !== undefined) return this.ordered.indexOf(own);
    let best = 0;
    this.ordered.forEach((call, i) => {
      const placed = call.order > 0 || this.ordered[0].order === 0;
      if (placed && call.calledId <= cursor && call.calledId >= this.ordered[best].calledId) best = i;
    });
    return best;
  }

  private table(calls: Call[], current: number): HTMLElement {
    const rows = calls.map((call, i) => {
      const row = h(
        'tr',
        { class: `${i === current ? 'changed' : ''} ${call.calledId > this.state.cursor ? 'later' : ''}`, 'data-order': call.order, tabindex: 0, role: 'button' },
        h('td', { class: 'number' }, call.order > 0 ? String(call.order) : '–'),
        h('td', { class: 'number' }, `c${call.client}`),
        h('td', {}, commandText(call, 24)),
        h('td', {}, call.answer === null ? 'no answer' : answerText(call.answer)),
        h('td', { class: 'number' }, seconds(call.from)),
      );
      row.addEventListener('click', () => this.state.visit(call.calledId));
      row.addEventListener('keydown', (event) => event.key === 'Enter' && this.state.visit(call.calledId));
      return row;
    });
    const head = ['order', 'client', 'asked', 'told', 'called at'].map((name) => h('th', { scope: 'col' }, name));
    return h('table', { class: 'calls' }, h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...rows));
  }
}

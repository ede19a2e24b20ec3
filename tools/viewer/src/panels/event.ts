// The event at the cursor: its story, its fields, what led to it and what followed.
import { fieldsOf } from '../model/story';
import { ledTo } from '../model/turning';
import { seconds, shorten } from '../model/text';
import type { State } from '../state';
import { button, h, keepInView, replace, section } from './dom';

const longestChain = 40;

export class EventPanel {
  readonly element: HTMLElement;
  readonly sentence = h('p', { class: 'story', id: 'story', 'aria-live': 'polite' });
  private readonly body = h('div', { class: 'event-body' });

  constructor(private readonly state: State) {
    this.element = section('Why: from cause to effect', 'event', this.body);
  }

  update(): void {
    const { run, cursor } = this.state;
    const event = run.event(cursor);
    const text = run.tell(event);
    replace(
      this.sentence,
      h('span', { class: 'at', id: 'at', 'data-id': event.id, 'data-t': event.t, 'data-event': event.event }, `${seconds(event.t, 6)} · #${event.id}`),
      h('span', { class: 'said' }, text.endsWith('.') ? text : `${text}.`),
      h('span', { class: 'name' }, `${event.node ?? ''} ${event.event}`),
      this.before(),
    );
    const chain = run.causes.chain(cursor);
    const shown = chain.slice(-longestChain);
    replace(
      this.body,
      chain.length > shown.length ? h('p', { class: 'hint' }, `${chain.length - shown.length} earlier causes`) : null,
      h('ol', { class: 'chain' }, ...shown.map((id) => this.line(id, id === cursor ? 'current' : 'cause'))),
      run.isReal ? h('p', { class: 'hint' }, 'Real nodes write down neither causes nor messages: step with ← and →.') : null,
      ...this.more('It brought about:', run.causes.effects(cursor, 12)),
      ...this.more('In the same step:', run.causes.sameStep(cursor, 12)),
      this.fields(),
    );
    keepInView(this.body, this.body.querySelector('.current'));
  }

  // What led to a new leader, so that the sentence stands on its own.
  private before(): HTMLElement | null {
    const { run, cursor } = this.state;
    const event = run.event(cursor);
    const points = event.event === 'role_changed' && event.role === 'leader' ? ledTo(run.turning, run.events, cursor) : [];
    if (points.length === 0) return null;
    const links = points.flatMap((point, i) => [i === 0 ? 'How it came to this: ' : ' → ', button(point.text, `To ${seconds(point.t)}`, () => this.state.visit(point.id), 'link')]);
    return h('span', { class: 'before', id: 'before' }, ...links);
  }

  private more(title: string, ids: number[]): HTMLElement[] {
    if (ids.length === 0) return [];
    return [h('p', { class: 'hint' }, title), h('ol', { class: 'chain' }, ...ids.map((id) => this.line(id, 'effect')))];
  }

  private line(id: number, kind: string): HTMLElement {
    const event = this.state.run.event(id);
    const line = button('', `Go to event ${id}`, () => this.state.go(id), `step ${kind}`);
    line.dataset.event = String(id);
    line.append(h('time', {}, seconds(event.t, 6)), h('span', {}, shorten(this.state.run.tell(event), 160)));
    return h('li', {}, line);
  }

  private fields(): HTMLElement {
    const event = this.state.run.event(this.state.cursor);
    const rows = fieldsOf(event).map(([name, value]) => h('tr', {}, h('th', { scope: 'row' }, name), h('td', {}, shorten(value, 400))));
    return h('details', {}, h('summary', {}, 'its fields'), h('table', { class: 'fields' }, h('tbody', {}, ...rows)));
  }
}

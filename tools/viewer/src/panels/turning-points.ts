// What happened, in the order in which it did; each line leads there.
import type { TurningKind, TurningPoint } from '../model/turning';
import { seconds } from '../model/text';
import type { State } from '../state';
import { h, keepInView, section } from './dom';

const signs: Record<TurningKind, string> = { fault: '▼', leader: '★', lost: '☆', note: '·', broken: '✗', change: '◆', call: '↩' };
const most = 500;

export class TurningPoints {
  readonly element: HTMLElement;
  private readonly items: HTMLButtonElement[];
  private readonly points: TurningPoint[];

  constructor(private readonly state: State) {
    this.points = state.run.turning.slice(0, most);
    this.items = this.points.map((point) => this.item(point));
    const more = state.run.turning.length - this.points.length;
    this.element = section(
      'What happened',
      'happened',
      h('ol', { class: 'happened' }, ...this.items.map((item) => h('li', {}, item))),
      more > 0 ? h('p', { class: 'hint' }, `and ${more} more`) : null,
      this.points.length === 0 ? h('p', { class: 'hint' }, 'No fault and no election: nothing turned.') : null,
    );
  }

  private item(point: TurningPoint): HTMLButtonElement {
    const item = h(
      'button',
      { type: 'button', class: `point ${point.kind}`, 'data-event': point.id },
      h('span', { class: 'sign', 'aria-hidden': 'true' }, signs[point.kind]),
      h('time', {}, seconds(point.t)),
      h('span', { class: 'text' }, point.kind === 'broken' ? this.state.run.tell(this.state.run.event(point.id)) : point.text),
    );
    item.addEventListener('click', () => this.state.visit(point.id));
    return item;
  }

  // Marks the last one that is not behind the cursor.
  update(): void {
    const current = this.points.findLastIndex((point) => point.id <= this.state.cursor);
    this.items.forEach((item, i) => {
      if ((item.getAttribute('aria-current') !== null) === (i === current)) return;
      if (i === current) {
        item.setAttribute('aria-current', 'true');
        keepInView(this.element, item);
      } else item.removeAttribute('aria-current');
    });
  }
}

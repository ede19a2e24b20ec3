// The search box: words, an event number (#123), or a time (2.5s).
import { findEvents, parseQuery } from '../model/search';
import { capital, story } from '../model/story';
import { seconds, shorten } from '../model/text';
import type { State } from '../state';
import { button, h, replace } from './dom';

const most = 80;

export class SearchPanel {
  readonly input = h('input', { type: 'search', id: 'search', placeholder: 'Search: words, #event, 2.5s   ( / )', 'aria-label': 'Search events', autocomplete: 'off', spellcheck: 'false' });
  private readonly results = h('div', { class: 'results', id: 'results', hidden: true });
  readonly element = h('div', { class: 'search' }, this.input, this.results);
  private round = 0;

  constructor(private readonly state: State, signal: AbortSignal) {
    this.input.addEventListener('input', () => void this.search());
    this.input.addEventListener('keydown', (event) => this.key(event));
    this.results.addEventListener('keydown', (event) => this.move(event));
    document.addEventListener('pointerdown', (event) => {
      if (!this.element.contains(event.target as Node)) this.close();
    }, { signal });
  }

  close(): void {
    this.results.hidden = true;
  }

  private key(event: KeyboardEvent): void {
    if (event.key === 'Enter') void this.search(true);
    if (event.key === 'Escape') {
      this.close();
      this.input.blur();
    }
    if (event.key === 'ArrowDown') {
      this.results.querySelector('button')?.focus();
      event.preventDefault();
    }
  }

  private move(event: KeyboardEvent): void {
    const here = document.activeElement;
    const to = event.key === 'ArrowDown' ? here?.nextElementSibling : event.key === 'ArrowUp' ? here?.previousElementSibling ?? this.input : null;
    if (event.key === 'Escape') this.close();
    if (!(to instanceof HTMLElement)) return;
    to.focus();
    event.preventDefault();
  }

  // `jump`: to the first that is found.
  private async search(jump = false): Promise<void> {
    const round = ++this.round;
    const query = parseQuery(this.input.value);
    const { run } = this.state;
    if (query.kind === 'event') return this.show(query.id >= 1 && query.id <= run.events.length ? [query.id] : [], '', jump);
    if (query.kind === 'time') return this.show([run.eventAt(query.t)], '', jump);
    if (query.words.length === 0) return this.close();
    const found: number[] = [];
    for await (const event of findEvents(run.events, query.words, this.state.cursor)) {
      if (round !== this.round) return;
      found.push(event.id);
      if (found.length === 1) this.show(found, 'searching…', jump);
      if (jump) return;
      if (found.length === most) break;
    }
    if (round === this.round) this.show(found, found.length === most ? `the first ${most}, from the cursor on` : `${found.length} found`);
  }

  private show(found: number[], note: string, jump = false): void {
    if (jump && found.length > 0) {
      this.close();
      this.input.blur();
      return this.state.visit(found[0]);
    }
    const lines = found.map((id) => {
      const event = this.state.run.event(id);
      const line = button('', `Go to event ${id}`, () => {
        this.close();
        this.state.visit(id);
      }, 'step');
      line.dataset.event = String(id);
      line.append(h('time', {}, seconds(event.t, 6)), h('span', {}, shorten(capital(story(event)), 140)));
      return line;
    });
    replace(this.results, h('p', { class: 'hint' }, found.length === 0 ? 'Nothing found.' : note), ...lines);
    this.results.hidden = false;
  }
}

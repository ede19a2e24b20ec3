import type { State } from '../state';
import { isDark, termColor } from '../theme';
import { h, section } from './dom';

const swatch = (kind: string, label: string): HTMLElement => h('li', {}, h('span', { class: `swatch ${kind}`, 'aria-hidden': 'true' }), label);

const highestTerm = (state: State): number => Math.max(1, ...state.run.nodes.map((node) => node.term.last()));

export class Legend {
  readonly element: HTMLElement;
  private readonly terms = h('ul', { class: 'legend terms' });

  constructor(private readonly state: State) {
    this.element = section(
      'How to read it',
      'legend',
      h('p', { class: 'hint' }, 'Each node has a lane. Its colour is the term (Raft’s numbered reign), its fill is the role:'),
      this.terms,
      h('ul', { class: 'legend' }, swatch('leader', 'leader'), swatch('candidate', 'candidate, asks for votes'), swatch('follower', 'follower'), swatch('down', 'down'), swatch('still', 'suspended or paused')),
      h('ul', { class: 'legend' }, swatch('wall', 'wall: nothing passes'), swatch('wall one-way', 'one way only'), swatch('wall beyond', 'only neighbours hear each other'), swatch('fault', 'fault'), swatch('arrow', 'message; dashed: a response'), swatch('lost', 'message that is lost'), swatch('chain', 'what led to the event'), swatch('call', 'client call, to its answer'), swatch('effect', 'a call takes effect: a write; hollow, a read')),
      h('p', { class: 'hint' }, 'Too many messages for arrows show as grey below the lane: zoom in. Press ? for all keys.'),
    );
    this.update();
  }

  update(): void {
    const highest = Math.min(6, highestTerm(this.state));
    const items = Array.from({ length: highest }, (_, i) => {
      const box = h('span', { class: 'swatch' });
      box.style.background = termColor(i + 1, isDark());
      return h('li', {}, box, `term ${i + 1}${highestTerm(this.state) > 6 ? `, ${i + 7}…` : ''}`);
    });
    this.terms.replaceChildren(...items);
  }
}

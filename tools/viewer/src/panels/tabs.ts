// Panels that share one place.
import { h } from './dom';

export interface Tab {
  name: string;
  element: HTMLElement;
  update(): void;
}

export class Tabs {
  readonly element: HTMLElement;
  private current = 0;
  private readonly heads: HTMLButtonElement[];

  constructor(private readonly tabs: Tab[]) {
    this.heads = tabs.map(({ name }, i) => {
      const head = h('button', { type: 'button', role: 'tab', id: `tab-${i}`, title: `${name} ( ${i + 1} )` }, name);
      head.addEventListener('click', () => this.show(i));
      return head;
    });
    this.element = h('section', { class: 'panel tabs' }, h('div', { role: 'tablist' }, ...this.heads), ...tabs.map(({ element }) => element));
    tabs.forEach(({ element }, i) => {
      element.setAttribute('role', 'tabpanel');
      element.setAttribute('aria-labelledby', `tab-${i}`);
    });
    this.mark();
  }

  show(number: number): void {
    this.current = number;
    this.mark();
    this.update();
  }

  update(): void {
    this.tabs[this.current].update();
  }

  private mark(): void {
    this.tabs.forEach(({ element }, i) => (element.hidden = i !== this.current));
    this.heads.forEach((head, i) => head.setAttribute('aria-selected', String(i === this.current)));
  }
}

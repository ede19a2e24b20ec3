// The key-value map of a node at the cursor.
import { showBytes, shorten } from '../model/text';
import type { State } from '../state';
import { h, replace } from './dom';

const most = 200;

export class KvPanel {
  readonly element: HTMLElement;
  private readonly choice: HTMLSelectElement;
  private readonly body = h('div');

  constructor(private readonly state: State) {
    const names = state.run.nodes.map(({ name }) => h('option', { value: name }, `of ${name}`));
    this.choice = h('select', { title: 'Whose map', 'aria-label': 'Whose map' }, h('option', { value: '' }, 'of the node at the cursor, or the leader'), ...names);
    this.choice.addEventListener('change', () => this.update());
    this.element = h('div', { class: 'kv' }, this.choice, this.body);
  }

  // Of the node at the cursor, or of the leader.
  private node(): string {
    const { run, cursor } = this.state;
    const here = this.choice.value || run.nodeOf(run.event(cursor));
    if (here !== undefined) return here;
    const leaders = run.nodes.filter((node) => node.role.at(cursor) === 'leader' && node.status.at(cursor) === 'up');
    return (leaders[0] ?? run.nodes[0]).name;
  }

  update(): void {
    const { run, cursor } = this.state;
    const name = this.node();
    const node = run.nodes[run.lanes.get(name)!];
    const pairs = [...node.mapAt(cursor)].sort(([a], [b]) => (a < b ? -1 : 1));
    const changed = run.event(cursor).event === 'applied' ? new Set([...node.map].filter(([, line]) => line.ids.includes(cursor)).map(([key]) => key)) : new Set();
    const rows = pairs.slice(0, most).map(([key, value]) => {
      const shownKey = key.replace(/^"/, '');
      return h('tr', { 'data-key': shownKey, class: changed.has(key) ? 'changed' : null }, h('td', {}, shorten(shownKey, 60)), h('td', {}, shorten(showBytes(value), 120)));
    });
    replace(
      this.body,
      h('p', { class: 'hint', 'data-map-of': name }, !node.mapKnown.at(cursor) ? `${name} began with a snapshot that no trace tells of; what it wrote since, up to entry ${node.applied.at(cursor)}:` : pairs.length === 0 ? `The map of ${name} is empty.` : `The map of ${name}, after entry ${node.applied.at(cursor)}:`),
      h('table', {}, h('tbody', {}, ...rows)),
      pairs.length > most ? h('p', { class: 'hint' }, `and ${pairs.length - most} more keys`) : null,
    );
  }
}

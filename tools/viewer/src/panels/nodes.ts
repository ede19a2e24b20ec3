// All nodes as they are after the event at the cursor, with the newest part of their logs beside each other.
import type { NodeHistory } from '../model/node-history';
import { entryText } from '../model/story';
import type { Command } from '../model/command';
import { count, shorten, showBytes } from '../model/text';
import type { State } from '../state';
import { isDark, termColor, textOn } from '../theme';
import { button, h, replace, section } from './dom';

const cellWidth = 38;
const columns = ['node', 'role', 'term', 'vote', 'follows', 'commit', 'applied', 'durable', 'last'] as const;
const hints: Record<string, string> = {
  vote: 'whom it voted for in this term',
  follows: 'whom it takes for the leader',
  commit: 'its commit index',
  applied: 'the last entry applied to its key-value map',
  durable: 'the last entry that is on its disk',
  last: 'the last entry of its log',
};

const troubles: Record<string, string> = { pause: 'paused', disk: 'bad disk', clock: 'bad clock' };

const roleText = (node: NodeHistory, id: number): string => {
  const status = node.status.at(id);
  if (status !== 'up') return status;
  return node.suspended.at(id) ? 'suspended' : node.role.at(id).replace('_', '-');
};

const follows = (node: NodeHistory, id: number): string => {
  if (node.status.at(id) !== 'up') return '–';
  const leader = node.leader.at(id);
  return leader === node.name ? 'itself' : leader ?? 'nobody';
};

export class NodesPanel {
  readonly element: HTMLElement;
  private readonly table = h('table', { class: 'nodes' });
  private back = 0; // how many entries before the newest the window ends
  private readonly range = h('span', { class: 'hint', id: 'log-range' });

  constructor(private readonly state: State) {
    const scroll = (by: number) => (): void => {
      this.back = Math.max(0, this.back + by);
      this.update();
    };
    this.element = section('The nodes at the cursor', 'nodes', h('div', { class: 'scroll-x' }, this.table));
    const key = h('span', { class: 'log-key' }, h('span', { class: 'cell committed applied sample' }, 'applied'), h('span', { class: 'cell committed sample' }, 'committed'), h('span', { class: 'cell sample' }, 'on disk'), h('span', { class: 'cell buffered sample' }, 'in memory only'));
    this.element.querySelector('h2')!.append(
      h('span', { class: 'log-tools' }, key, this.range, button('‹', 'Older entries ( [ )', scroll(10)), button('›', 'Newer entries ( ] )', scroll(-10)), button('»', 'Newest entries', scroll(-1e9))),
    );
  }

  scrollLog(by: number): void {
    this.back = Math.max(0, this.back + by);
    this.update();
  }

  update(): void {
    const { run, cursor } = this.state;
    const newest = Math.max(0, ...run.nodes.map((node) => node.last.at(cursor)));
    const room = Math.max(5, Math.floor((this.element.clientWidth - 470) / cellWidth));
    this.back = Math.min(this.back, Math.max(0, newest - room));
    const to = newest - this.back;
    const from = Math.max(1, to - room + 1);
    this.range.textContent = newest === 0 ? 'no entries' : `entries ${from}–${to} of ${count(newest, 'entry', 'entries')}`;
    const head = h('tr', {}, ...columns.map((name) => h('th', { title: hints[name] ?? null, scope: 'col', class: `c-${name}` }, name)));
    for (let index = from; index <= to; ++index) head.append(h('th', { class: 'index', scope: 'col' }, String(index)));
    replace(this.table, h('thead', {}, head), h('tbody', {}, ...run.nodes.map((node) => this.row(node, from, to))));
  }

  private row(node: NodeHistory, from: number, to: number): HTMLElement {
    const { run, cursor } = this.state;
    const values: Record<(typeof columns)[number], string> = {
      node: node.name,
      role: roleText(node, cursor),
      term: String(node.term.at(cursor)),
      vote: node.vote.at(cursor) ?? '–',
      follows: follows(node, cursor),
      commit: String(node.commit.at(cursor)),
      applied: String(node.applied.at(cursor)),
      durable: String(node.durable.at(cursor)),
      last: String(node.last.at(cursor)),
    };
    const data = Object.fromEntries(columns.map((name) => [`data-${name}`, values[name]]));
    const row = h('tr', { ...data, class: `${run.nodeOf(run.event(cursor)) === node.name ? 'here' : ''} ${node.status.at(cursor) === 'up' ? '' : 'off'}` });
    for (const name of columns) row.append(h('td', { class: `c-${name}` }, ...(name === 'role' ? [this.badge(node, values.role), ...this.chips(node)] : [values[name]])));
    for (let index = from; index <= to; ++index) row.append(h('td', { class: 'entry' }, this.cell(node, index)));
    return row;
  }

  // What the scenario does to it at the moment.
  private chips(node: NodeHistory): HTMLElement[] {
    const { run, cursor } = this.state;
    const { t } = run.event(cursor);
    const under = (kind: string): boolean => run.faults.some((fault) => fault.kind === kind && fault.id <= cursor && fault.to > t && fault.nodes.includes(node.name));
    return Object.entries(troubles).filter(([kind]) => under(kind)).map(([, text]) => h('span', { class: 'chip' }, text));
  }

  private badge(node: NodeHistory, text: string): HTMLElement {
    const { cursor } = this.state;
    const color = termColor(node.term.at(cursor), isDark());
    const role = node.status.at(cursor) === 'up' ? node.role.at(cursor) : 'off';
    const badge = h('span', { class: `badge ${role}` }, text);
    badge.style.setProperty('--term', color);
    badge.style.setProperty('--on-term', textOn(color));
    return badge;
  }

  private cell(node: NodeHistory, index: number): HTMLElement | string {
    const { cursor } = this.state;
    const entry = node.entry(index, cursor);
    if (entry === undefined) return '';
    if (index <= node.base.at(cursor)) return h('span', { class: 'cell compacted', title: `entry ${index} is in the snapshot` }, '');
    const committed = index <= node.commit.at(cursor);
    const applied = index <= node.applied.at(cursor);
    const durable = index <= node.durable.at(cursor);
    const state = [committed ? 'committed' : '', applied ? 'applied' : '', durable ? '' : 'buffered'].join(' ');
    const told = `entry ${index}, term ${entry.term}: ${entryText(entry.source)} – ${applied ? 'applied' : committed ? 'committed' : 'not committed'}, ${durable ? 'on disk' : 'only in memory'}`;
    const cell = h('span', { class: `cell ${state}`, title: told }, shortText(entry.source));
    const color = termColor(entry.term, isDark());
    cell.style.setProperty('--term', color);
    cell.style.setProperty('--on-term', textOn(color));
    return cell;
  }
}

const shortText = (source: Parameters<typeof entryText>[0]): string => {
  if (source.kind === 'noop') return 'no-op';
  if (source.kind === 'configuration') return 'conf';
  if (source.kind !== 'command') return 'part';
  const command = source.command as Command | undefined;
  if (command?.op === 'register') return 'sess';
  return `${command?.op === 'delete' ? '−' : ''}${shorten(showBytes(command?.key), 6)}`;
};

// The page of one run: puts the panels together and keeps them up to date.
import { makeActions } from './actions';
import { type PageKeys, listenToKeys } from './keys';
import { linkWriter, readLink } from './link';
import type { Run } from './model/run';
import { checksPanel } from './panels/checks';
import { button, h } from './panels/dom';
import { EventPanel } from './panels/event';
import { FlightPanel } from './panels/flight';
import { headerPanel, titleOf } from './panels/header';
import { helpDialog } from './panels/help';
import { HistoryPanel } from './panels/history';
import { KvPanel } from './panels/kv';
import { Legend } from './panels/legend';
import { NodesPanel } from './panels/nodes';
import { SearchPanel } from './panels/search';
import { Tabs } from './panels/tabs';
import { toolbar } from './panels/toolbar';
import { TurningPoints } from './panels/turning-points';
import { State } from './state';
import { toggleTheme } from './theme';
import { Minimap } from './view/minimap';
import { TimelineView } from './view/timeline';

// A failed run opens where it failed; a good one where leadership changed for the last time, or else at the first fault.
const openAt = (state: State): void => {
  const { run } = state;
  if (readLink(state, location.hash)) return;
  if (run.failure?.id) return state.visit(run.failure.id);
  const elected = run.turning.filter((point) => point.kind === 'leader');
  const fault = run.turning.find((point) => point.kind === 'fault');
  const start = elected.length > 1 ? elected[elected.length - 1] : fault ?? elected[0];
  state.go(start?.id ?? 1);
};

export interface Shown {
  restyle(): void; // the theme has changed
  leave(): void;
}

export const showRun = (run: Run, root: HTMLElement): Shown => {
  const leaving = new AbortController();
  const { signal } = leaving;
  document.title = `${titleOf(run)} – Drydock run`;
  const state = new State(run);
  const actions = makeActions(state);
  const canvas = h('canvas', { id: 'lanes', tabindex: 0, role: 'img', 'aria-label': 'Lanes of the nodes along virtual time; the panels below tell the same in words' });
  const mini = h('canvas', { id: 'minimap', 'aria-hidden': 'true', title: 'The whole run; drag to move' });
  const tip = h('div', { class: 'tip', hidden: true });
  const view = new TimelineView(canvas, tip, state);
  const minimap = new Minimap(mini, state);
  const turning = new TurningPoints(state);
  const legend = new Legend(state);
  const nodes = new NodesPanel(state);
  const event = new EventPanel(state);
  const search = new SearchPanel(state, signal);
  const writeLink = linkWriter(state, signal);
  const help = helpDialog();
  const tab = (name: string, panel: { element: HTMLElement; update(): void }) => ({ name, element: panel.element, update: () => panel.update() });
  const tabs = new Tabs([tab('Client calls', new HistoryPanel(state, actions)), tab('Key-value map', new KvPanel(state)), tab('In flight', new FlightPanel(state))]);
  if (run.isReal) tabs.show(1);
  let told = 0; // the event that the panels tell of: moving the picture leaves them alone
  let width = 0;
  const redraw = (): void => {
    if (told !== state.cursor || width !== innerWidth) for (const panel of [nodes, event, turning, tabs]) panel.update();
    [told, width] = [state.cursor, innerWidth];
    view.draw();
    minimap.draw();
    root.querySelector('#bundled')!.textContent = view.bundled === 0 ? '' : `${view.bundled.toLocaleString('en')} messages in grey`;
    writeLink();
  };
  const restyle = (): void => {
    legend.update();
    told = 0;
    state.changed();
  };
  const changeTheme = (): void => {
    toggleTheme();
    restyle();
  };
  root.replaceChildren(
    headerPanel(run, h('div', { class: 'tools' }, search.element, button('◐', 'Light or dark ( t )', changeTheme), button('?', 'Keys ( ? )', () => help.showModal()))),
    h('aside', {}, turning.element, checksPanel(state), legend.element),
    h('main', {}, toolbar(state, actions), h('div', { class: 'canvas' }, canvas, tip), mini, event.sentence, nodes.element, h('div', { class: 'below' }, event.element, tabs.element)),
    help,
  );
  state.onChange(redraw);
  listenToKeys(actions, pageKeys(search, tabs, nodes, help, changeTheme), signal);
  openAt(state);
  // The new address may be overwritten before this is called.
  addEventListener('hashchange', ({ newURL }) => readLink(state, new URL(newURL).hash), { signal });
  return { restyle, leave: () => leaving.abort() };
};

const pageKeys = (search: SearchPanel, tabs: Tabs, nodes: NodesPanel, help: HTMLDialogElement, theme: () => void): PageKeys => {
  const types = document.getElementById('types') as HTMLDetailsElement;
  return {
    search: () => search.input.focus(),
    types: () => {
      types.open = !types.open;
      if (types.open) types.querySelector('input')?.focus();
    },
    theme,
    help: () => help.showModal(),
    escape: () => {
      types.open = false;
      search.close();
    },
    log: (by) => nodes.scrollLog(by),
    tab: (number) => tabs.show(number),
  };
};

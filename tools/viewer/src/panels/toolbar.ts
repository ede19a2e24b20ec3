// Steps, filters and zoom.
import { groups } from '../model/kinds';
import type { State } from '../state';
import type { Actions } from '../actions';
import { button, h } from './dom';

const select = (title: string, options: [string, string][], choose: (value: string) => void): HTMLSelectElement => {
  const made = h('select', { title, 'aria-label': title }, ...options.map(([value, label]) => h('option', { value }, label)));
  made.addEventListener('change', () => choose(made.value));
  return made;
};

const messageFilter = (state: State): HTMLElement => {
  const boxes = [...state.run.messages.types].sort().map((name) => {
    const box = h('input', { type: 'checkbox', checked: true, 'data-type': name });
    box.addEventListener('change', () => {
      if (box.checked) state.hiddenTypes.delete(name);
      else state.hiddenTypes.add(name);
      state.changed();
    });
    return h('label', {}, box, name.replaceAll('_', ' '));
  });
  const all = (on: boolean) => (): void => {
    for (const label of boxes) {
      const box = label.querySelector('input')!;
      if (box.checked !== on) box.click();
    }
  };
  return h('details', { class: 'menu', id: 'types' }, h('summary', { title: 'Which messages are drawn ( m )' }, 'Messages'), h('div', { class: 'menu-body' }, button('all', 'Show all', all(true)), button('none', 'Show none', all(false)), ...boxes));
};

export const toolbar = (state: State, actions: Actions): HTMLElement => {
  const nodes: [string, string][] = [['', 'any node'], ...state.run.nodes.map(({ name }): [string, string] => [name, `on ${name}`])];
  const kinds = Object.entries(groups).map(([name, { label }]): [string, string] => [name, label]);
  return h(
    'div',
    { class: 'toolbar', role: 'toolbar', 'aria-label': 'Steps, filters and zoom' },
    h('span', { class: 'group' }, button('←', 'Step back ( ← )', actions.back), button('→', 'Step forward ( → )', actions.forward), select('Step through', kinds, (value) => (state.group = value)), select('Step at', nodes, (value) => (state.stepNode = value))),
    h('span', { class: 'group' }, button('↖ cause', 'To what brought it about ( c )', actions.toCause), button('↘ effect', 'To the first that it brought about ( e )', actions.toEffect), button('⤢ chain', 'Zoom to all that led to the cursor ( v )', actions.showChain)),
    h('span', { class: 'group' }, button('⇤', 'Turning point before ( p )', actions.previousTurn), button('⇥', 'Next turning point ( n )', actions.nextTurn), state.run.failure === null ? null : button('✗ failure', 'To where it broke ( f )', actions.toFailure, 'plain bad')),
    messageFilter(state),
    h('span', { class: 'group end' }, h('span', { class: 'hint', id: 'bundled' }), button('−', 'Zoom out ( - )', actions.zoomOut), button('+', 'Zoom in ( + )', actions.zoomIn), button('fit', 'The whole run ( 0 )', actions.fit)),
  );
};

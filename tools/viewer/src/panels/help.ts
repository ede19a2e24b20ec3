import { keyHelp } from '../keys';
import { button, h } from './dom';

export const helpDialog = (): HTMLDialogElement => {
  const rows = keyHelp.map(([keys, what]) => h('tr', {}, h('td', {}, ...keys.split(' ').map((key) => h('kbd', {}, key))), h('td', {}, what)));
  const dialog = h('dialog', { id: 'help', 'aria-label': 'Keys' }, h('h2', {}, 'Keys'), h('table', {}, h('tbody', {}, ...rows)), h('p', { class: 'hint' }, 'Mouse: the wheel zooms, dragging moves, a click chooses an event. The address of the page always leads back to what you see.'));
  dialog.append(button('Close', 'Close ( Esc )', () => dialog.close()));
  return dialog;
};

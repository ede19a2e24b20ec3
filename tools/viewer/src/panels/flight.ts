// Messages on their way at the cursor.
import { story } from '../model/story';
import { duration } from '../model/text';
import type { State } from '../state';
import { button, h, replace } from './dom';

const most = 60;

export class FlightPanel {
  readonly element = h('div', { class: 'flight' });

  constructor(private readonly state: State) {}

  update(): void {
    const { run, cursor } = this.state;
    const now = run.event(cursor).t;
    const flying = run.messages.inFlight(cursor);
    const lines = flying.slice(-most).reverse().map((i) => {
      const sent = run.event(run.messages.sentId[i]);
      const line = button('', 'Go to where it was sent', () => this.state.go(sent.id), 'step');
      line.append(h('time', {}, `${duration(now - sent.t)} ago`), h('span', {}, story(sent)));
      return h('li', {}, line);
    });
    replace(
      this.element,
      h('p', { class: 'hint', 'data-in-flight': flying.length }, flying.length === 0 ? 'No message is on its way.' : flying.length === 1 ? 'One message is on its way:' : `${flying.length} messages are on their way:`),
      h('ol', { class: 'chain' }, ...lines),
    );
  }
}

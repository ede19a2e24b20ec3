// What clients asked and were told, and in which order the log did it.
import type { TraceEvent } from '../trace/types';
import { type Command } from './command';
import { upperBound } from './timeline';
import { type EffectOf, linearize, placesOfWrites, reads } from './linearization';

export interface Call extends Command {
  client: number;
  operation: number; // numbers all calls of all clients
  calledId: number;
  answeredId: number | null;
  from: number;
  to: number; // the end of the run if there was no answer
  outcome: string | null;
  answer: TraceEvent | null;
  index: number; // in the log, 0: unknown
  order: number; // in the linearization, from 1; 0: it has no place there
  mode?: string; // of a read: `stale` or `lease`
  effectAt: number | null; // when it took effect, in an order that explains all answers
  effectId: number | null; // the event to look at
  row: number; // where its bar is drawn
}

const newCall = (event: TraceEvent, end: number): Call => ({
  ...(event as unknown as Command),
  client: event.client as number,
  operation: event.operation as number,
  calledId: event.id,
  answeredId: null,
  from: event.t,
  to: end,
  outcome: null,
  answer: null,
  index: 0,
  order: 0,
  effectAt: null,
  effectId: null,
  row: 0,
});

// Calls of one client share a row unless they overlap; clients stand below each other. The opening of a session, for which the
// client's first write waits, is drawn below that write.
const assignRows = (calls: Call[]): number => {
  const byClient = new Map<number, Call[]>();
  for (const call of calls) (byClient.get(call.client) ?? byClient.set(call.client, []).get(call.client)!).push(call);
  let base = 0;
  for (const client of [...byClient.keys()].sort((a, b) => a - b)) {
    const free: number[] = [];
    for (const call of byClient.get(client)!) {
      call.row = base;
      if (call.op === 'register') continue;
      let row = free.findIndex((until) => until <= call.from);
      if (row < 0) row = free.length;
      free[row] = call.to;
      call.row = base + row;
    }
    base += Math.max(1, free.length);
  }
  return base;
};

const momentOf = (call: Call): number => call.effectAt ?? call.from;

export class Calls {
  readonly all: Call[] = [];
  readonly rows: number;
  readonly ordered: Call[] | null; // as they took effect; null: no such order is known
  readonly listed: Call[]; // in that order; those without a place there where they began
  readonly byNumber = new Map<number, Call>();
  readonly byEvent = new Map<number, Call>();

  // `explained`: the judge has found nothing that no order explains.
  constructor(events: TraceEvent[], end: number, explained: boolean, effectOf: EffectOf) {
    for (const event of events) {
      if (event.event === 'called') this.begin(newCall(event, end));
      if (event.event === 'answered') this.finish(event);
    }
    this.placeWrites(placesOfWrites(events, effectOf));
    this.ordered = explained ? linearize(this.all, events, effectOf) : null;
    for (const call of this.ordered ?? []) this.byEvent.set(call.effectId!, call);
    this.rows = assignRows(this.all);
    this.listed = [...this.all].sort((a, b) => momentOf(a) - momentOf(b) || a.order - b.order || a.calledId - b.calledId);
  }

  // The place in the list of the call that the event belongs to, or of the last before it; -1: none.
  near(id: number, t: number): number {
    const own = this.byEvent.get(id);
    if (own !== undefined) return this.listed.indexOf(own);
    return upperBound(this.listed.map(momentOf), t) - 1;
  }

  private placeWrites(places: Map<number, number>): void {
    for (const call of this.all) {
      const told = call.outcome === null || call.outcome === 'unknown' ? 0 : call.index;
      if (!reads(call)) call.index = places.get(call.operation) ?? told;
    }
  }

  private begin(call: Call): void {
    this.all.push(call);
    this.byNumber.set(call.operation, call);
    this.byEvent.set(call.calledId, call);
  }

  private finish(event: TraceEvent): void {
    const call = this.byNumber.get(event.operation as number);
    if (call === undefined) return;
    call.answeredId = event.id;
    call.to = event.t;
    call.outcome = (event.given_up as string | null) === null ? (event.outcome as string) : 'unknown';
    call.index = (event.index as number | undefined) ?? 0;
    call.answer = event;
    this.byEvent.set(event.id, call);
  }
}

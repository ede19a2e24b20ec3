// What clients asked and were told, and in which order the log did it.
import type { TraceEvent } from '../trace/types';
import { type Command } from './command';

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
  doneAt: number | null; // when the first node applied what it wrote
  row: number; // where its bar is drawn
}

const done = new Set(['ok', 'not_found', 'compare_failed']);
const reads = new Set(['get']);

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
  doneAt: null,
  row: 0,
});

// A read stands behind the entry that it saw; reads that saw the same one, in order of their answer.
const linearize = (calls: Call[]): void => {
  const placed = calls.filter((call) => call.index > 0 && done.has(call.outcome ?? ''));
  const read = (call: Call): number => (reads.has(call.op) ? 1 : 0);
  placed.sort((a, b) => a.index - b.index || read(a) - read(b) || a.answeredId! - b.answeredId!);
  placed.forEach((call, position) => (call.order = position + 1));
};

// Calls of one client share a row unless they overlap; clients stand below each other.
const assignRows = (calls: Call[]): number => {
  const byClient = new Map<number, Call[]>();
  for (const call of calls) (byClient.get(call.client) ?? byClient.set(call.client, []).get(call.client)!).push(call);
  let base = 0;
  for (const client of [...byClient.keys()].sort((a, b) => a - b)) {
    const free: number[] = [];
    for (const call of byClient.get(client)!) {
      let row = free.findIndex((until) => until <= call.from);
      if (row < 0) row = free.length;
      free[row] = call.to;
      call.row = base + row;
    }
    base += free.length;
  }
  return base;
};

export class Calls {
  readonly all: Call[] = [];
  readonly rows: number;
  readonly byNumber = new Map<number, Call>();
  readonly byEvent = new Map<number, Call>();

  constructor(events: TraceEvent[], end: number, firstApplied: (index: number) => number | undefined) {
    for (const event of events) {
      if (event.event === 'called') this.begin(newCall(event, end));
      if (event.event === 'answered') this.finish(event);
    }
    linearize(this.all);
    for (const call of this.all) {
      const applied = call.order > 0 && !reads.has(call.op) ? firstApplied(call.index) : undefined;
      if (applied !== undefined) call.doneAt = events[applied - 1].t;
    }
    this.rows = assignRows(this.all);
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

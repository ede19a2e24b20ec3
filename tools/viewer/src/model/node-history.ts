// Everything that a node ever was. Ask it by event.
import type { Bytes, TraceEvent } from '../trace/types';
import { Timeline } from './timeline';

export type Status = 'absent' | 'up' | 'down' | 'halted' | 'refused to start' | 'trace ends';

export interface LogEntry {
  index: number;
  term: number;
  kind: string;
  source: TraceEvent; // the `appended` that tells what it holds
  from: number; // the entry is in this log from this event on
  until: number; // and no more from this one on
}

export class NodeHistory {
  readonly status = new Timeline<Status>('absent');
  readonly suspended = new Timeline<boolean>(false);
  readonly role = new Timeline<string>('follower');
  readonly leader = new Timeline<string | null>(null);
  readonly term = new Timeline<number>(0);
  readonly vote = new Timeline<string | null>(null);
  readonly last = new Timeline<number>(0);
  readonly durable = new Timeline<number>(0);
  readonly commit = new Timeline<number>(0);
  readonly applied = new Timeline<number>(0);
  readonly base = new Timeline<number>(0); // the log has forgotten what is not behind it
  readonly configuration = new Timeline<TraceEvent | null>(null);
  readonly mapKnown = new Timeline<boolean>(true); // false: it began with a snapshot that no trace tells of
  readonly map = new Map<string, Timeline<Bytes | undefined>>(); // by keyName
  private readonly slots: LogEntry[][] = [];

  constructor(readonly name: string) {}

  push(entry: Omit<LogEntry, 'until'>): void {
    (this.slots[entry.index] ??= []).push({ ...entry, until: Infinity });
    this.last.set(entry.from, entry.index);
  }

  keep(id: number, last: number): void {
    for (let index = this.last.last(); index > last; --index) {
      const slot = this.slots[index];
      slot[slot.length - 1].until = id;
    }
    this.last.set(id, last);
    this.durable.set(id, Math.min(this.durable.last(), last));
  }

  // The entry that stood there after this event.
  entry(index: number, id: number): LogEntry | undefined {
    return this.slots[index]?.find((entry) => entry.from <= id && id < entry.until);
  }

  entryNow(index: number): LogEntry | undefined {
    return this.entry(index, Number.MAX_SAFE_INTEGER);
  }

  mapAt(id: number): Map<string, Bytes> {
    const result = new Map<string, Bytes>();
    for (const [key, value] of this.map) {
      const now = value.at(id);
      if (now !== undefined) result.set(key, now);
    }
    return result;
  }

  assign(id: number, key: string, value: Bytes | undefined): void {
    let timeline = this.map.get(key);
    if (timeline === undefined) this.map.set(key, (timeline = new Timeline<Bytes | undefined>(undefined)));
    timeline.set(id, value);
  }
}

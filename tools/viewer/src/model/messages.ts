// Every message from its sending to its end, in columns: there are very many.
import type { TraceEvent } from '../trace/types';

export const enum Fate {
  Open, // on its way when the trace ends
  Delivered,
  Lost,
}

export class Messages {
  readonly types: string[] = [];
  count = 0;
  sentAt = new Float64Array(1024);
  endAt = new Float64Array(1024);
  sentId = new Int32Array(1024);
  endId = new Int32Array(1024);
  from = new Int16Array(1024);
  to = new Int16Array(1024);
  type = new Uint8Array(1024);
  term = new Int32Array(1024);
  fate = new Uint8Array(1024);
  longest = 0; // flight of one that ended
  typical = 0; // flight, on average
  private flights = 0;
  private delivered = 0;
  private readonly bySending = new Map<number, number>();
  private readonly byEnd = new Map<number, number>();

  constructor(events: TraceEvent[], lanes: Map<string, number>, end: number) {
    for (const event of events) {
      if (event.event === 'sent' || event.event === 'duplicated') this.open(event, lanes, end);
      if (event.event === 'delivered') this.close(event, Fate.Delivered);
      if (event.event === 'dropped') this.close(event, Fate.Lost);
    }
    this.typical = this.flights / Math.max(1, this.delivered);
  }

  // Of which message is this event the sending or the end?
  of(id: number): number | undefined {
    return this.bySending.get(id) ?? this.byEnd.get(id);
  }

  inFlight(id: number): number[] {
    const result: number[] = [];
    for (let i = 0; i < this.count && this.sentId[i] <= id; ++i) if (this.endId[i] > id) result.push(i);
    return result;
  }

  private open(event: TraceEvent, lanes: Map<string, number>, end: number): void {
    const i = this.count++;
    if (i === this.sentAt.length) this.grow();
    this.sentAt[i] = event.t;
    this.endAt[i] = end;
    this.sentId[i] = event.id;
    this.endId[i] = 0x7fffffff;
    this.from[i] = lanes.get(event.from as string) ?? -1;
    this.to[i] = lanes.get(event.to as string) ?? -1;
    this.type[i] = this.typeNumber(event.type as string);
    this.term[i] = event.term as number;
    this.bySending.set(event.id, i);
  }

  private close(event: TraceEvent, fate: Fate): void {
    const i = event.cause === undefined ? undefined : this.bySending.get(event.cause);
    if (i === undefined || this.fate[i] !== Fate.Open) return;
    this.endAt[i] = event.t;
    this.endId[i] = event.id;
    this.fate[i] = fate;
    this.longest = Math.max(this.longest, event.t - this.sentAt[i]);
    this.byEnd.set(event.id, i);
    if (fate !== Fate.Delivered) return;
    this.flights += event.t - this.sentAt[i];
    this.delivered += 1;
  }

  private typeNumber(name: string): number {
    const known = this.types.indexOf(name);
    return known >= 0 ? known : this.types.push(name) - 1;
  }

  private grow(): void {
    const twice = <A extends { length: number; set(other: A): void }>(old: A, make: new (size: number) => A): A => {
      const grown = new make(old.length * 2);
      grown.set(old);
      return grown;
    };
    this.sentAt = twice(this.sentAt, Float64Array);
    this.endAt = twice(this.endAt, Float64Array);
    this.sentId = twice(this.sentId, Int32Array);
    this.endId = twice(this.endId, Int32Array);
    this.from = twice(this.from, Int16Array);
    this.to = twice(this.to, Int16Array);
    this.type = twice(this.type, Uint8Array);
    this.term = twice(this.term, Int32Array);
    this.fate = twice(this.fate, Uint8Array);
  }
}

// From an event to what brought it about, and to what it brought about.
import type { TraceEvent } from '../trace/types';

export class Causes {
  private readonly first: Int32Array;
  private readonly next: Int32Array;

  constructor(private readonly events: TraceEvent[], private readonly real = false) {
    this.first = new Int32Array(events.length + 1);
    this.next = new Int32Array(events.length + 1);
    for (let i = events.length - 1; i >= 0; --i) {
      const { id, cause } = events[i];
      if (cause === undefined) continue;
      this.next[id] = this.first[cause];
      this.first[cause] = id;
    }
  }

  effects(id: number, limit: number): number[] {
    const result: number[] = [];
    for (let at = this.first[id]; at !== 0 && result.length < limit; at = this.next[at]) result.push(at);
    return result;
  }

  // What else its node did in the same step: it has the same cause; or, at a real node, the same time.
  sameStep(id: number, limit: number): number[] {
    const { cause, node } = this.events[id - 1];
    if (this.real) return this.atTheSameTime(id).slice(0, limit);
    if (cause === undefined) return [];
    return this.effects(cause, 400).filter((other) => other !== id && this.events[other - 1].node === node).slice(0, limit);
  }

  private atTheSameTime(id: number): number[] {
    const { t, node } = this.events[id - 1];
    let first = id;
    while (first > 1 && this.events[first - 2].t === t) first -= 1;
    const result: number[] = [];
    for (let at = first; at <= this.events.length && this.events[at - 1].t === t; ++at) {
      if (at !== id && this.events[at - 1].node === node) result.push(at);
    }
    return result;
  }

  // From where it began to the event itself.
  chain(id: number): number[] {
    const result: number[] = [];
    for (let at: number | undefined = id; at !== undefined; at = this.events[at - 1].cause) result.push(at);
    return result.reverse();
  }
}

// In which order the calls took effect: that of the log, in which each has one moment between call and answer.
import type { TraceEvent } from '../trace/types';
import type { Call } from './calls';
import type { Effect } from './fold';

export type EffectOf = (index: number) => Effect | undefined; // of an entry

const done = new Set(['ok', 'not_found', 'compare_failed']);

export const reads = (call: Call): boolean => call.op === 'get';

// Where in the log each write took effect: at the entry that one of its arrivals at a leader made. The answer may name a later
// one, of a retry that changed nothing, and a client that gave up never learnt of it.
export const placesOfWrites = (events: TraceEvent[], effectOf: EffectOf): Map<number, number> => {
  const places = new Map<number, number>(); // by operation
  for (const event of events) {
    if (event.event !== 'appended' || event.cause === undefined || (event.kind !== 'command' && event.kind !== 'last_part')) continue;
    const arrived = events[event.cause - 1];
    const attempted = arrived.event === 'arrived' && arrived.cause !== undefined ? events[arrived.cause - 1] : undefined;
    const effect = effectOf(event.index as number);
    const mine = effect !== undefined && effect.term === event.term && events[effect.id - 1].duplicate === false;
    if (attempted?.event === 'attempted' && mine) places.set(attempted.operation as number, event.index as number);
  }
  return places;
};

// A read stands behind the entry that it saw; reads that saw the same one, in order of their answers. Stale reads have no place.
const inOrderOfTheLog = (calls: Call[]): Call[] => {
  const placed = calls.filter((call) => call.index > 0 && call.mode !== 'stale' && (done.has(call.outcome ?? '') || !reads(call)));
  return placed.sort((a, b) => a.index - b.index || Number(reads(a)) - Number(reads(b)) || (a.answeredId ?? Infinity) - (b.answeredId ?? Infinity));
};

// Each as late as it may be: before its answer, and before what follows it.
const latestOf = (calls: Call[]): number[] => {
  const latest = calls.map((call) => (done.has(call.outcome ?? '') ? call.to : Infinity));
  for (let i = latest.length - 2; i >= 0; --i) latest[i] = Math.min(latest[i], latest[i + 1]);
  return latest;
};

// Writes when the first node applied them, if the others allow it; reads as soon as they can. Null: the log's order is none that
// the calls allow.
export const linearize = (calls: Call[], events: TraceEvent[], effectOf: EffectOf): Call[] | null => {
  const ordered = inOrderOfTheLog(calls);
  const latest = latestOf(ordered);
  if (ordered.some((call, i) => latest[i] < call.from)) return null;
  let before = 0;
  ordered.forEach((call, i) => {
    const applied = reads(call) ? undefined : effectOf(call.index)?.id;
    before = Math.min(latest[i], Math.max(before, call.from, applied === undefined ? 0 : events[applied - 1].t));
    call.order = i + 1;
    call.effectAt = before;
    call.effectId = applied ?? call.answer?.cause ?? call.answeredId ?? call.calledId;
  });
  return ordered;
};

// Expectations of the scenario and invariants of the protocol: where was each decided, and how?
import { conflictEvent } from './conflict';
import type { Trace, TraceEvent } from '../trace/types';

export interface Check {
  what: string;
  because: string;
  held: boolean | null; // null: never decided
  why: string;
  t: number;
  id: number | null; // the event to go to
}

const open = (number: number): Check => ({ what: `expectation ${number + 1}`, because: '', held: null, why: '', t: 0, id: null });

// The event that broke an invariant, which ends the run.
export const endedBy = (events: TraceEvent[]): TraceEvent | null => {
  const violated = events.findLast((event) => event.event === 'violated');
  return violated === undefined ? null : events[(violated.cause ?? violated.id) - 1];
};

// What is told of expectations from then on is told too early.
const leaveUndecided = (checks: Check[], broken: TraceEvent): void => {
  for (const check of checks) {
    const before = check.id === null ? check.t < broken.t : check.id < broken.id;
    if (!before) Object.assign(check, { held: null, why: 'not reached: the run ended where an invariant broke', t: broken.t, id: null });
  }
};

export const expectationsOf = (trace: Trace): Check[] => {
  const checks: Check[] = (trace.end?.expectations ?? []).map((result) => ({
    what: result.expected, because: result.because, held: result.held, why: result.seen, t: result.at_ns, id: null,
  }));
  for (const event of trace.events) {
    if (event.event !== 'expected') continue;
    const number = event.number as number;
    const known = checks[number] ?? open(number);
    checks[number] = { ...known, held: event.held as boolean, why: String(event.why), t: known.held === null ? event.t : known.t, id: event.id };
  }
  const told = checks.filter((check) => check !== undefined);
  const broken = endedBy(trace.events);
  if (broken !== null) leaveUndecided(told, broken);
  const conflict = conflictEvent(trace);
  for (const check of told) {
    if (check.held === false && /\blinearizable\b/.test(check.what)) check.id ??= conflict;
    check.id ??= eventAt(trace, check.t);
  }
  return told;
};

export const violationsOf = (trace: Trace): Check[] => {
  const checks: Check[] = [];
  const add = (property: string, detail: string, id: number): void => {
    checks.push({ what: property.replaceAll('_', ' '), because: 'it must always hold', held: false, why: detail, t: trace.events[id - 1].t, id });
  };
  for (const event of trace.events) if (event.event === 'violated') add(String(event.property), String(event.detail), event.id);
  const told = trace.end?.violation;
  if (told !== null && told !== undefined && checks.length === 0) {
    add(told.property, told.detail, conflictEvent(trace) ?? Math.min(Math.max(told.event, 1), trace.events.length));
  }
  return checks;
};

// The last event at or before this time.
const eventAt = (trace: Trace, t: number): number => {
  let id = 1;
  for (const event of trace.events) {
    if (event.t > t) break;
    id = event.id;
  }
  return id;
};

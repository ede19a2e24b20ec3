// Expectations of the scenario and invariants of the protocol: where was each decided, and how?
import type { Trace } from '../trace/types';

export interface Check {
  what: string;
  because: string;
  held: boolean | null; // null: never decided
  why: string;
  t: number;
  id: number | null; // the event to go to
}

const open = (number: number): Check => ({ what: `expectation ${number + 1}`, because: '', held: null, why: '', t: 0, id: null });

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
  for (const check of told) check.id ??= eventAt(trace, check.t);
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
    add(told.property, told.detail, Math.min(Math.max(told.event, 1), trace.events.length));
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

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

export const expectationsOf = (trace: Trace): Check[] => {
  const checks: Check[] = (trace.header.expect ?? []).map(({ what, because }) => ({
    what, because: because ?? '', held: null, why: 'the trace does not tell', t: 0, id: null,
  }));
  trace.end?.expectations?.forEach((result, number) => {
    checks[number] = { ...(checks[number] ?? unnamed(number)), held: result.held, why: result.why, t: result.at };
  });
  for (const event of trace.events) {
    if (event.event !== 'expected') continue;
    const number = event.number as number;
    const known = checks[number] ?? unnamed(number);
    checks[number] = { ...known, held: event.held as boolean, why: String(event.why), t: known.held === null ? event.t : known.t, id: event.id };
  }
  for (const check of checks) if (check !== undefined && check.id === null) check.id = eventAt(trace, check.t);
  return checks.filter((check) => check !== undefined);
};

export const violationsOf = (trace: Trace): Check[] => {
  const checks: Check[] = [];
  const add = (property: string, detail: string, id: number): void => {
    if (checks.some((check) => check.what === property && check.why === detail)) return;
    checks.push({ what: property.replaceAll('_', ' '), because: 'an invariant: it must always hold', held: false, why: detail, t: trace.events[id - 1].t, id });
  };
  for (const event of trace.events) if (event.event === 'violated') add(String(event.property), String(event.detail), event.id);
  const told = trace.end?.violated;
  if (told !== null && told !== undefined && checks.length === 0) {
    add(told.property, told.detail, Math.min(Math.max(told.event, 1), trace.events.length));
  }
  return checks;
};

const unnamed = (number: number): Check => ({ what: `expectation ${number + 1}`, because: '', held: null, why: '', t: 0, id: null });

// The last event at or before this time.
const eventAt = (trace: Trace, t: number): number => {
  let id = 1;
  for (const event of trace.events) {
    if (event.t > t) break;
    id = event.id;
  }
  return id;
};

// The calls that no order explains, told in words.
import type { Conflict, Trace } from '../trace/types';
import type { Call, Calls } from './calls';
import { answerText, commandText } from './story';
import { seconds } from './text';

// The row of the judge's table that begins with > is the call whose answer fits nowhere.
const stuckOf = ({ operations, text }: Conflict): number => {
  const rows = text.split('\n').filter((line) => /^ {2}[ >] \S/.test(line)).slice(1);
  const row = rows.findIndex((line) => line.startsWith('  >'));
  return operations[row] ?? operations[operations.length - 1];
};

// The event at which a call has the answer that fits no order.
export const conflictEvent = ({ end, events }: Trace): number | null => {
  if (!end?.conflict) return null;
  const stuck = stuckOf(end.conflict);
  return events.find((event) => event.event === 'answered' && event.operation === stuck)?.id ?? null;
};

export interface ConflictStep {
  call: Call;
  text: string;
}

const span = (call: Call): string => `from ${seconds(call.from, 6)} ${call.answer === null ? 'on, without an answer' : `to ${seconds(call.to, 6)}`}`;

const stepText = (call: Call, earlier: Call[]): string => {
  const before = earlier.filter((other) => other.answer !== null && other.to < call.from);
  const last = before[before.length - 1];
  const order = last === undefined ? '' : `; it began after “${commandText(last)}” was answered, so it comes after that`;
  return `Client ${call.client}, ${span(call)}: ${commandText(call)} → ${call.answer === null ? '?' : answerText(call.answer).trim()}${order}`;
};

export const conflictSteps = (conflict: Conflict, calls: Calls): ConflictStep[] => {
  const found = conflict.operations.map((number) => calls.byNumber.get(number)).filter((call) => call !== undefined);
  found.sort((a, b) => a.from - b.from);
  return found.map((call, i) => ({ call, text: stepText(call, found.slice(0, i).sort((a, b) => a.to - b.to)) }));
};

// The judge's own words, without its table.
export const conflictReason = ({ text }: Conflict): string =>
  text.split('\n').slice(1).filter((line) => line !== '' && !line.startsWith('  ')).slice(1).join(' ')
    .replace(/came back at (\d+)/g, (_, ns: string) => `came back at ${seconds(Number(ns), 6)}`);

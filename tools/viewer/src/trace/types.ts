// What docs/trace.md says of the lines of a trace.

// Keys, values and payloads: text where they are valid UTF-8.
export type Bytes = string | { hex: string };

export interface TraceEvent {
  id: number;
  t: number; // nanoseconds
  event: string;
  node?: string;
  cause?: number;
  says?: string;
  [field: string]: unknown;
}

export interface Header {
  trace: number;
  scenario?: string;
  description?: string;
  seed?: number;
  nodes?: number;
  until?: number;
  // of real nodes
  node?: string; // the only one that it tells of
  cluster?: string;
  unix_ns?: number; // the time of day at 0
  notes?: string[]; // what is doubtful about its times
}

// Of processes on real machines: without messages, causes, client calls and a verdict.
export const isReal = (header: Header): boolean => header.unix_ns !== undefined;

export interface Conflict {
  operations: number[]; // as `called` numbers them
  text: string;
}

// The last line: what became of the run.
export interface End {
  end: number;
  events: number;
  passed: boolean;
  hash?: string;
  expectations?: { expected: string; held: boolean; at_ns: number; seen: string; because: string }[];
  violation?: { property: string; detail: string; event: number } | null;
  conflict?: Conflict | null;
  story?: { event: number; text: string }[];
}

export interface Trace {
  header: Header;
  events: TraceEvent[]; // the one with id i stands at i - 1
  end: End | null;
  notice: string | null; // why not all of it could be read
}

// Told to the reader of the page, word for word.
export class TraceError extends Error {}

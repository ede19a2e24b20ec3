import { type End, type Header, type Trace, type TraceEvent, TraceError, isReal } from './types';

type Line = Record<string, unknown>;

const parseLine = (text: string): Line | null => {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null && !Array.isArray(line) ? (line as Line) : null;
  } catch {
    return null;
  }
};

const headerOf = (text: string): Header => {
  const line = parseLine(text);
  if (line === null || typeof line.trace !== 'number') {
    throw new TraceError('This is no trace of a run: its first line is not {"trace":1, …}.');
  }
  if (line.trace !== 1) {
    throw new TraceError(`This trace is of version ${line.trace}; this page reads version 1.`);
  }
  return line as unknown as Header;
};

// Takes the lines of a trace one by one and keeps what can be read.
export class Parser {
  private header: Header | null = null;
  private readonly events: TraceEvent[] = [];
  private end: End | null = null;
  private broken: string | null = null;
  private lines = 0;

  take(text: string): void {
    this.lines += 1;
    if (this.broken !== null || text.trim() === '') return;
    if (this.header === null) {
      this.header = headerOf(text);
      return;
    }
    const line = parseLine(text);
    if (line !== null && line.end !== undefined) {
      this.end = line as unknown as End;
      return;
    }
    const wrong = this.wrongWith(line);
    if (wrong === null) this.events.push(line as unknown as TraceEvent);
    else this.broken = `Line ${this.lines} ${wrong}`;
  }

  stop(why: string): void {
    this.broken ??= why;
  }

  finish(): Trace {
    if (this.header === null) throw new TraceError('This trace is empty.');
    if (this.events.length === 0) throw new TraceError(this.broken ?? 'This trace has no events.');
    return { header: this.header, events: this.events, end: this.end, notice: this.notice() };
  }

  private wrongWith(line: Line | null): string | null {
    if (line === null) return 'is not a complete JSON object.';
    if (this.end !== null) return 'stands behind the last line of the trace.';
    const previous = this.events[this.events.length - 1];
    if (line.id !== this.events.length + 1) return `should be event ${this.events.length + 1}.`;
    if (typeof line.event !== 'string') return 'names no event.';
    if (typeof line.t !== 'number' || line.t < (previous?.t ?? 0)) return 'goes back in time.';
    if (line.cause !== undefined && !(typeof line.cause === 'number' && line.cause >= 1 && line.cause < line.id)) {
      return 'has a cause that is no earlier event.';
    }
    return null;
  }

  private notice(): string | null {
    const shown = `Shown are the ${this.events.length.toLocaleString('en')} events before.`;
    if (this.broken !== null) return `The trace is cut short or damaged. ${this.broken} ${shown}`;
    const real = this.header !== null && isReal(this.header);
    if (this.end === null && !real) return `The trace is cut short: its last line, with the verdict, is missing. ${shown}`;
    if (this.end !== null && this.end.events !== this.events.length) {
      return `The trace should have ${this.end.events} events, and has ${this.events.length}.`;
    }
    const notes = this.header?.notes ?? [];
    return notes.length === 0 ? null : `${notes.join(' ')} What such clocks order wrongly is shown in the wrong order.`;
  }
}

export const parseText = (text: string): Trace => {
  const parser = new Parser();
  for (const line of text.split('\n')) parser.take(line);
  return parser.finish();
};

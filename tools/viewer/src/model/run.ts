// A run as the page shows it: everything is computed once, when it is opened.
import { type Conflict, type End, type Header, type Trace, type TraceEvent, isReal } from '../trace/types';
import { Calls } from './calls';
import { Causes } from './causes';
import { type Check, endedBy, expectationsOf, violationsOf } from './checks';
import { type Fault, faultsOf } from './faults';
import { Fold } from './fold';
import { Messages } from './messages';
import type { NodeHistory } from './node-history';
import { type Span, spansOf } from './spans';
import { capital, story } from './story';
import { upperBound } from './timeline';
import { type TurningPoint, turningPointsOf } from './turning';

const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });

// Nodes that a real node tells of, and whose own traces may be missing.
const othersIn = (event: TraceEvent): string[] =>
  [event.leader, event.vote, event.from, event.to, ...((event.voters as unknown[] | undefined) ?? [])].filter((name) => typeof name === 'string');

const nodeNames = (header: Header, events: TraceEvent[]): string[] => {
  const names = new Set<string>();
  for (let i = 0; i < (header.nodes ?? 0); ++i) names.add(`n${i}`);
  for (const { node } of events) if (node !== undefined) names.add(node);
  if (isReal(header)) for (const event of events) for (const name of othersIn(event)) names.add(name);
  return [...names].sort(byNumber);
};

export class Run {
  readonly header: Header;
  readonly events: TraceEvent[];
  readonly end: End | null;
  readonly notice: string | null;
  readonly duration: number; // nanoseconds
  readonly times: Float64Array; // of each event
  readonly lane: Int16Array; // of each event, -1: no node's
  readonly nodes: NodeHistory[];
  readonly lanes: Map<string, number>;
  readonly spans: Span[][];
  readonly messages: Messages;
  readonly faults: Fault[];
  readonly calls: Calls;
  readonly causes: Causes;
  readonly expectations: Check[];
  readonly violations: Check[];
  readonly turning: TurningPoint[];

  constructor(trace: Trace) {
    ({ header: this.header, events: this.events, end: this.end, notice: this.notice } = trace);
    const { events } = this;
    const planned = this.end === null || endedBy(events) !== null ? 0 : this.header.until ?? 0;
    this.duration = Math.max(planned, events[events.length - 1].t, 1);
    const names = nodeNames(this.header, events);
    this.lanes = new Map(names.map((name, lane) => [name, lane]));
    this.times = Float64Array.from(events, (event) => event.t);
    this.lane = Int16Array.from(events, (event) => this.lanes.get(event.node ?? '') ?? -1);
    const fold = new Fold(names, isReal(this.header));
    for (const event of events) fold.add(event);
    this.nodes = [...fold.nodes.values()];
    this.spans = this.nodes.map((node) => spansOf(node, events, this.duration));
    this.messages = new Messages(events, this.lanes, this.duration);
    this.faults = faultsOf(events, this.duration);
    this.calls = new Calls(events, this.duration, !this.end?.conflict, (index) => fold.effectOf(index));
    this.causes = new Causes(events, isReal(this.header));
    this.expectations = expectationsOf(trace);
    this.violations = violationsOf(trace);
    this.turning = turningPointsOf(trace, fold.nodes, this.causes);
  }

  get isReal(): boolean {
    return isReal(this.header);
  }

  get conflict(): Conflict | null {
    return this.end?.conflict ?? null;
  }

  event(id: number): TraceEvent {
    return this.events[id - 1];
  }

  // What happened, in one sentence.
  tell(event: TraceEvent): string {
    if (event.event === 'violated') return `Broken: “${String(event.property).replaceAll('_', ' ')}”: ${String(event.detail)}`;
    const check = event.event === 'expected' ? this.expectations[event.number as number] : undefined;
    if (check === undefined) return capital(story(event));
    if (check.held === null) return `Expected ${check.what}: not decided, the run ended before`;
    return `Expected ${check.what}: ${check.held ? 'held' : 'broken'}, ${check.why}`;
  }

  // The last event that is not later than this.
  eventAt(t: number): number {
    return Math.max(1, upperBound(this.times, t));
  }

  // Where something broke first; an invariant that broke comes before all that was expected.
  get failure(): Check | null {
    const broken = this.expectations.filter((check) => check.held === false && check.id !== null);
    return this.violations[0] ?? broken.sort((a, b) => a.id! - b.id!)[0] ?? null;
  }

  // At which node it happened, or broke.
  nodeOf(event: TraceEvent): string | undefined {
    return event.event === 'violated' && event.cause !== undefined ? this.event(event.cause).node : event.node;
  }
}

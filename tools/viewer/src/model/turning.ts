// The turning points of a run: read from the top, they tell what happened and why.
import type { Trace, TraceEvent } from '../trace/types';
import type { Causes } from './causes';
import type { NodeHistory } from './node-history';
import { endedBy } from './checks';
import { capital, story } from './story';

export type TurningKind = 'fault' | 'leader' | 'lost' | 'note' | 'broken' | 'change' | 'call';

export interface TurningPoint {
  id: number;
  t: number;
  kind: TurningKind;
  text: string;
}

type Nodes = Map<string, NodeHistory>;

const ordinary = (event: TraceEvent): [TurningKind, string] | null => {
  switch (event.event) {
    case 'fault': return [event.kind === 'note' ? 'note' : 'fault', capital(String(event.what).replace(/^note: /, ''))];
    case 'violated': return ['broken', capital(story(event))];
    case 'halted':
    case 'refused_to_start': return ['lost', capital(story(event))];
    case 'refounded':
    case 'snapshot_installed':
    case 'transfer_started':
    case 'transfer_ended':
    case 'change_answered': return ['change', capital(story(event))];
    case 'expected': return event.held === false ? ['broken', capital(story(event))] : null;
    default: return null;
  }
};

// Who led before this event, in the highest term?
const leaderBefore = (nodes: Nodes, id: number): NodeHistory | null => {
  let best: NodeHistory | null = null;
  for (const node of nodes.values()) {
    if (node.role.at(id) !== 'leader' || node.status.at(id) !== 'up') continue;
    if (best === null || node.term.at(id) > best.term.at(id)) best = node;
  }
  return best;
};

class Teller {
  readonly points: TurningPoint[] = [];
  private readonly configurations = new Set<number>();

  constructor(private readonly events: TraceEvent[], private readonly nodes: Nodes, private readonly causes: Causes) {}

  take(event: TraceEvent): void {
    const plain = ordinary(event);
    if (plain !== null) this.add(event, plain[0], plain[1]);
    if (event.event === 'role_changed') this.role(event);
    if (event.event === 'crashed') this.leaderGone(event, 'is down');
    if (event.event === 'trace_ended') this.traceEnded(event);
    if (event.event === 'started') this.started(event);
    if (event.event === 'configuration_in_force') this.configuration(event);
  }

  private add(event: TraceEvent, kind: TurningKind, text: string): void {
    this.points.push({ id: event.id, t: event.t, kind, text });
  }

  private role(event: TraceEvent): void {
    const node = this.nodes.get(event.node ?? '');
    if (node === undefined) return;
    if (event.why === 'resumed') this.add(event, 'change', capital(story(event)));
    if (event.role === 'leader') {
      this.campaign(event);
      this.add(event, 'leader', capital(story(event)));
    } else if (node.role.at(event.id - 1) === 'leader' && node.status.at(event.id - 1) === 'up') {
      this.add(event, 'lost', capital(story(event)));
    }
  }

  // Before the election: what made the winner ask for votes.
  private campaign(won: TraceEvent): void {
    const began = this.causes.chain(won.id).map((id) => this.events[id - 1]);
    const first = began.find((event) => event.node === won.node);
    const asked = first === won ? this.askedBefore(won) : first && this.causes.effects(first.id, 50).map((id) => this.events[id - 1])
      .find((event) => event.event === 'role_changed' && event.role !== 'leader' && event.node === won.node);
    if (asked === undefined || this.points.some((point) => point.id === asked.id)) return;
    this.points.push({ id: asked.id, t: asked.t, kind: 'change', text: capital(story(asked)) });
  }

  // Without causes: what it was before it won.
  private askedBefore(won: TraceEvent): TraceEvent | undefined {
    const isBid = (event: TraceEvent): boolean => event.node === won.node && event.event === 'role_changed' && event.role !== 'candidate';
    const before = this.events.slice(0, won.id - 1).findLast(isBid);
    return before?.role === 'pre_candidate' ? before : undefined;
  }

  private leaderGone(event: TraceEvent, how: string): boolean {
    const leader = leaderBefore(this.nodes, event.id - 1);
    if (leader === null || leader.name !== event.node) return false;
    this.add(event, 'lost', `${event.node}, the leader in term ${leader.term.at(event.id - 1)}, ${how}`);
    return true;
  }

  // Of a real node: at the end of all it says nothing.
  private traceEnded(event: TraceEvent): void {
    if (event.t === this.events[this.events.length - 1].t) return;
    if (!this.leaderGone(event, 'falls silent: its process has ended, or its trace was copied at this point')) this.add(event, 'change', capital(story(event)));
  }

  private started(event: TraceEvent): void {
    if (this.nodes.get(event.node ?? '')?.status.at(event.id - 1) === 'absent') return;
    this.add(event, 'change', `${event.node} is back: term ${String(event.term)}, ${String(event.last)} entries`);
  }

  private configuration(event: TraceEvent): void {
    const index = event.index as number;
    if (index === 0 || event.founded !== true || this.configurations.has(index)) return;
    if (this.configurations.size > 0) this.add(event, 'change', capital(story(event)));
    this.configurations.add(index);
  }
}

const kindOf = (event: TraceEvent, nodes: Nodes): TurningKind => {
  if (event.event === 'role_changed' && event.role === 'leader') return 'leader';
  if (event.event === 'answered') return 'call';
  const led = nodes.get(event.node ?? '')?.role.at(event.id - 1) === 'leader';
  if (led && (event.event === 'crashed' || event.event === 'role_changed')) return 'lost';
  return ordinary(event)?.[0] ?? 'change';
};

// As the simulator told it, in the words of `raftsim run`.
const toldStory = ({ end, events }: Trace, nodes: Nodes): TurningPoint[] =>
  (end?.story ?? [])
    .filter(({ event }) => event >= 1 && event <= events.length)
    .map(({ event, text }) => ({
      id: event,
      t: events[event - 1].t,
      kind: kindOf(events[event - 1], nodes),
      text: capital(String(text).replace(/^(-- )?(note: )?/, '').replaceAll('LEADS', 'leads').replaceAll('->', '→')),
    }));

const mostBefore = 3;

// How it came to a new leader: what befell the cluster since the one before, and the last that the new one itself did.
export const ledTo = (points: TurningPoint[], events: TraceEvent[], won: number): TurningPoint[] => {
  const before = points.filter(({ id }) => id < won);
  const since = before.slice(before.findLastIndex(({ kind }) => kind === 'leader') + 1);
  const own = since.findLast(({ id, kind }) => kind === 'change' && events[id - 1].node === events[won - 1].node);
  const told = since.filter(({ id, kind }) => kind === 'fault' || kind === 'lost' || events[id - 1].event === 'transfer_started').slice(-mostBefore);
  return own === undefined ? told : [...told, own].sort((a, b) => a.id - b.id);
};

export const turningPointsOf = (trace: Trace, nodes: Nodes, causes: Causes): TurningPoint[] => {
  const told = toldStory(trace, nodes);
  const teller = new Teller(trace.events, nodes, causes);
  for (const event of trace.events) teller.take(event);
  const points = told.length === 0 ? teller.points : [...told, ...teller.points.filter(({ kind }) => kind === 'broken')];
  // What is told of expectations when a broken invariant has ended the run is told too early.
  const brokenAt = endedBy(trace.events)?.id ?? Infinity;
  return points.filter(({ id }) => id < brokenAt || trace.events[id - 1].event !== 'expected').sort((a, b) => a.id - b.id);
};

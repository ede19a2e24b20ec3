// Rebuilds every node from the trace alone, as docs/trace.md tells it.
import { type Bytes, type TraceEvent, TraceError } from '../trace/types';
import { type Command, joinParts, keyName } from './command';
import { type LogEntry, NodeHistory, type Status } from './node-history';

type Parts = Bytes[];

export interface Effect {
  id: number; // of the event
  term: number; // of the entry
}

const partsOf = (node: NodeHistory, index: number): Parts => {
  const parts: Parts = [];
  for (let at = index; at > 0; --at) {
    const entry = node.entryNow(at);
    if (entry?.kind !== 'part') break;
    parts.unshift(entry.source.payload as Bytes);
  }
  return parts;
};

export class Fold {
  readonly nodes = new Map<string, NodeHistory>();
  private readonly appliedEntry = new Map<number, LogEntry>(); // by index, of whoever applied it first
  private readonly appliedAt = new Map<number, { node: NodeHistory; id: number }>();
  private readonly parts = new Map<string, Parts>();

  // `partial`: nodes may start from what the trace does not tell.
  constructor(names: Iterable<string>, private readonly partial = false) {
    for (const name of names) this.nodes.set(name, new NodeHistory(name));
  }

  add(event: TraceEvent): void {
    if (event.node === undefined) return;
    const node = this.nodes.get(event.node);
    if (node === undefined) return;
    try {
      this.change(node, event);
    } catch (error) {
      throw new TraceError(`The trace contradicts itself: event ${event.id} (${event.event}) of ${event.node}: ${(error as Error).message}.`);
    }
  }

  private change(node: NodeHistory, event: TraceEvent): void {
    const { id } = event;
    switch (event.event) {
      case 'started': return this.start(node, event);
      case 'crashed': return this.stop(node, id, 'down');
      case 'halted': return this.stop(node, id, 'halted');
      case 'refused_to_start': return this.stop(node, id, 'refused to start');
      case 'trace_ended': return this.stop(node, id, 'trace ends');
      case 'snapshot_installed': return this.install(node, event);
      case 'role_changed': return this.role(node, event);
      case 'leader_known': return node.leader.set(id, event.leader as string | null);
      case 'term_and_vote':
        if ((event.term as number) > node.term.last()) node.leader.set(id, null); // nobody is known to lead the new term
        node.term.set(id, event.term as number);
        return node.vote.set(id, event.vote as string | null);
      case 'appended': return this.append(node, event);
      case 'truncated': return this.keep(node, id, event.last as number);
      case 'durable': return node.durable.set(id, event.last as number);
      case 'committed': return node.commit.set(id, event.commit as number);
      case 'compacted': return node.base.set(id, event.index as number);
      case 'configuration_in_force': return node.configuration.set(id, event);
      case 'applied': return this.apply(node, event);
      default:
    }
  }

  private role(node: NodeHistory, event: TraceEvent): void {
    node.role.set(event.id, event.role as string);
    node.leader.set(event.id, (event.leader as string | null) ?? null);
    if (event.why === 'suspended') node.suspended.set(event.id, true);
    if (event.why === 'resumed') node.suspended.set(event.id, false);
  }

  private stop(node: NodeHistory, id: number, status: Status): void {
    node.status.set(id, status);
    node.leader.set(id, null);
    node.suspended.set(id, false);
  }

  private start(node: NodeHistory, event: TraceEvent): void {
    const { id } = event;
    this.keep(node, id, event.kept as number);
    node.status.set(id, 'up');
    node.term.set(id, event.term as number);
    node.vote.set(id, event.vote as string | null);
    node.role.set(id, 'follower');
    node.leader.set(id, null);
    const snapshot = event.snapshot as number | undefined;
    this.restore(node, id, snapshot ?? 0);
    if (snapshot !== undefined) this.startLogBehind(node, event, event.base as number);
    node.base.set(id, (event.base as number | undefined) ?? 0);
  }

  // The state after an entry that some node has applied.
  private restore(node: NodeHistory, id: number, index: number): void {
    const state = this.appliedAt.get(index);
    const unknown = index > 0 && state === undefined;
    if (unknown && !this.partial) throw new Error(`nobody has applied entry ${index}, which its snapshot holds`);
    node.mapKnown.set(id, !unknown);
    node.commit.set(id, index);
    node.applied.set(id, index);
    this.parts.set(node.name, state === undefined ? [] : partsOf(state.node, index));
    const map = state?.node.mapAt(state.id) ?? new Map<string, Bytes>();
    for (const key of node.map.keys()) if (!map.has(key)) node.assign(id, key, undefined);
    for (const [key, value] of map) node.assign(id, key, value);
  }

  private startLogBehind(node: NodeHistory, event: TraceEvent, base: number): void {
    const unknown = { term: 0, kind: 'unknown', source: event };
    for (let index = node.last.last() + 1; index <= base; ++index) {
      const entry = this.appliedEntry.get(index);
      if (entry === undefined && !this.partial) throw new Error(`nobody has applied entry ${index}`);
      node.push({ ...(entry ?? unknown), index, from: event.id });
    }
  }

  private install(node: NodeHistory, event: TraceEvent): void {
    const { id } = event;
    const index = event.index as number;
    const commit = node.commit.last();
    this.restore(node, id, index);
    if (event.log_kept === true) return node.commit.set(id, commit); // told by the event that follows
    this.keep(node, id, commit);
    this.startLogBehind(node, event, index);
    node.base.set(id, index);
    node.durable.set(id, index);
  }

  private keep(node: NodeHistory, id: number, last: number): void {
    if (last > node.last.last()) throw new Error('it kept more than there was');
    node.keep(id, last);
  }

  private append(node: NodeHistory, event: TraceEvent): void {
    const index = event.index as number;
    if (index !== node.last.last() + 1) throw new Error('appended out of order');
    node.push({ index, term: event.term as number, kind: event.kind as string, source: event, from: event.id });
  }

  private apply(node: NodeHistory, event: TraceEvent): void {
    const index = event.index as number;
    const entry = node.entryNow(index);
    if (entry === undefined) throw new Error('it applied what it has not');
    node.applied.set(event.id, index);
    this.applyEntry(node, entry, event);
    if (!this.appliedAt.has(index)) {
      this.appliedAt.set(index, { node, id: event.id });
      this.appliedEntry.set(index, entry);
    }
  }

  private applyEntry(node: NodeHistory, entry: LogEntry, event: TraceEvent): void {
    const parts = this.parts.get(node.name) ?? [];
    if (entry.kind === 'part') {
      this.parts.set(node.name, [...parts, entry.source.payload as Bytes]);
      return;
    }
    this.parts.set(node.name, []);
    const wrote = event.outcome === 'ok' && event.duplicate === false;
    if (!wrote || (entry.kind !== 'command' && entry.kind !== 'last_part')) return;
    const command =
      entry.kind === 'command' ? (entry.source.command as Command) : joinParts([...parts, entry.source.payload as Bytes]);
    if (command.op === 'put' || command.op === 'cas') node.assign(event.id, keyName(command.key!), command.value);
    if (command.op === 'delete') node.assign(event.id, keyName(command.key!), undefined);
  }

  // Who applied it first: the `applied`, and the term of the entry.
  effectOf(index: number): Effect | undefined {
    const first = this.appliedAt.get(index);
    return first && { id: first.id, term: this.appliedEntry.get(index)!.term };
  }
}

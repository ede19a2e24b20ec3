// What the scenario does to the cluster, each from its beginning to its end.
import type { TraceEvent } from '../trace/types';

export interface Fault {
  id: number;
  kind: string;
  what: string;
  nodes: string[];
  links: [string, string][]; // that carry nothing while it lasts
  from: number;
  to: number; // the same as `from`: it takes no time
  ends: boolean; // it is the end of others, and no more
}

const lasting = new Set(['suspend', 'pause', 'partition', 'cut', 'network', 'filter', 'clock', 'disk', 'crash']);
const healed = new Set(['partition', 'cut', 'filter']);
const endOf: Record<string, string> = { resume: 'suspend', unpause: 'pause', restart: 'crash' };

const shareNode = (a: Fault, nodes: string[]): boolean => a.nodes.some((node) => nodes.includes(node));

// A suspension ends when the node itself goes on, of which the scenario says nothing.
class Suspensions {
  private readonly asleep = new Map<Fault, Set<string>>();

  begin(fault: Fault): void {
    if (fault.kind === 'suspend') this.asleep.set(fault, new Set(fault.nodes));
  }

  // Those that nobody sleeps in any more.
  wake(node: string): Fault[] {
    return [...this.asleep].filter(([, nodes]) => nodes.delete(node) && nodes.size === 0).map(([fault]) => fault);
  }
}

export const faultsOf = (events: TraceEvent[], end: number): Fault[] => {
  const faults: Fault[] = [];
  const open = new Set<Fault>();
  const close = (fault: Fault, t: number): void => {
    fault.to = t;
    open.delete(fault);
  };
  const suspensions = new Suspensions();
  for (const event of events) {
    if (event.event === 'role_changed' && event.why === 'resumed') {
      for (const fault of suspensions.wake(event.node ?? '')) if (open.has(fault)) close(fault, event.t);
    }
    if (event.event !== 'fault') continue;
    const kind = (event.kind as string | undefined) ?? 'other';
    const nodes = (event.nodes as string[] | undefined) ?? [];
    let ends = event.ends !== undefined;
    for (const fault of [...open]) {
      const over = fault.id === event.ends || (kind === 'heal' && healed.has(fault.kind)) || (fault.kind === endOf[kind] && shareNode(fault, nodes));
      if (over) close(fault, event.t);
      ends ||= over;
    }
    const links = (event.links as [string, string][] | undefined) ?? [];
    const fault: Fault = { id: event.id, kind, what: String(event.what), nodes, links, from: event.t, to: event.t, ends };
    faults.push(fault);
    if (lasting.has(kind) && !ends) {
      fault.to = end;
      open.add(fault);
      suspensions.begin(fault);
    }
  }
  return faults;
};

// What a lane shows: for how long was a node what?
import type { TraceEvent } from '../trace/types';
import type { NodeHistory } from './node-history';

export interface Span {
  from: number; // times
  to: number;
  id: number; // the event that begins it
  status: string;
  suspended: boolean;
  role: string;
  term: number;
}

export const spansOf = (node: NodeHistory, events: TraceEvent[], end: number): Span[] => {
  const ids = [...new Set([node.status, node.suspended, node.role, node.term].flatMap((line) => line.ids))].sort((a, b) => a - b);
  const spans: Span[] = [];
  for (const id of ids) {
    const from = events[id - 1].t;
    const previous = spans[spans.length - 1];
    if (previous !== undefined && previous.from === from) spans.pop(); // too short to be seen
    else if (previous !== undefined) previous.to = from;
    spans.push({
      from,
      to: end,
      id,
      status: node.status.at(id),
      suspended: node.suspended.at(id),
      role: node.role.at(id),
      term: node.term.at(id),
    });
  }
  return spans;
};

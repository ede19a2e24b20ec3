// The state of all nodes after an event, line by line as docs/trace.md has it: slow, simple, and not what the page does.
const fresh = () => ({ role: 'follower', status: 'absent', term: 0, vote: null, log: 0, commit: 0, applied: 0, durable: 0, suspended: false });

const changes = {
  started(node, line) {
    Object.assign(node, { status: 'up', role: 'follower', term: line.term, vote: line.vote, log: line.kept, commit: 0, applied: 0, durable: Math.min(node.durable, line.kept) });
  },
  crashed: (node) => Object.assign(node, { status: 'down', suspended: false }),
  role_changed(node, line) {
    node.role = line.role;
    if (line.why === 'suspended') node.suspended = true;
    if (line.why === 'resumed') node.suspended = false;
  },
  term_and_vote: (node, line) => Object.assign(node, { term: line.term, vote: line.vote }),
  appended: (node, line) => Object.assign(node, { log: line.index }),
  truncated: (node, line) => Object.assign(node, { log: line.last, durable: Math.min(node.durable, line.last) }),
  durable: (node, line) => Object.assign(node, { durable: line.last }),
  committed: (node, line) => Object.assign(node, { commit: line.commit }),
  applied: (node, line) => Object.assign(node, { applied: line.index }),
};

export const stateAfter = (events, id, nodes) => {
  const state = Object.fromEntries(Array.from({ length: nodes }, (_, i) => [`n${i}`, fresh()]));
  for (const line of events.slice(0, id)) if (line.node !== undefined) changes[line.event]?.(state[line.node], line);
  return Object.entries(state).map(([node, now]) => ({
    node,
    role: now.status !== 'up' ? now.status : now.suspended ? 'suspended' : now.role.replace('_', '-'),
    term: String(now.term),
    vote: now.vote ?? '–',
    commit: String(now.commit),
    applied: String(now.applied),
    durable: String(now.durable),
    last: String(now.log),
  }));
};

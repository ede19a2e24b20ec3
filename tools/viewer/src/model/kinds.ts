// Event names in the groups by which a reader steps and the page colours its marks.
export const groups: Record<string, { label: string; events: string[] }> = {
  all: { label: 'every event', events: [] },
  roles: {
    label: 'roles and terms',
    events: ['role_changed', 'leader_known', 'term_and_vote', 'started', 'crashed', 'halted', 'refused_to_start', 'trace_ended', 'refounded', 'transfer_started', 'transfer_ended', 'transfer_refused'],
  },
  messages: { label: 'messages', events: ['sent', 'delivered', 'dropped', 'duplicated', 'refused', 'append_held', 'peer_lost'] },
  log: {
    label: 'log and state',
    events: ['appended', 'truncated', 'durable', 'committed', 'applied', 'compacted', 'snapshot_saved', 'snapshot_offered', 'snapshot_installed', 'configuration_in_force', 'change_answered'],
  },
  clients: {
    label: 'client calls',
    events: ['called', 'attempted', 'arrived', 'replied', 'answered', 'read_confirmed', 'read_index_learnt', 'reads_given_up', 'read_under_lease'],
  },
  machinery: { label: 'timers and disks', events: ['timer_armed', 'timer_fired', 'disk_submitted', 'disk_finished'] },
  verdicts: { label: 'faults and checks', events: ['fault', 'crashed', 'expected', 'violated'] },
};

const sets = new Map(Object.entries(groups).map(([name, group]) => [name, new Set(group.events)]));

export const inGroup = (group: string, event: string): boolean => group === 'all' || (sets.get(group)?.has(event) ?? false);

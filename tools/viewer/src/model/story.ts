// An event in one sentence: what the simulator says of it, or else what its name and fields tell.
import type { Bytes, TraceEvent } from '../trace/types';
import type { Command } from './command';
import { duration, showBytes, shorten } from './text';

const whyRole: Record<string, string> = {
  election_timeout: 'it has heard no leader for an election timeout',
  pre_vote_won: 'a quorum would vote for it',
  election_won: 'a quorum has voted for it',
  election_lost: 'others refused their votes',
  no_votes_in_time: 'no quorum answered in time',
  higher_term: 'it heard of a higher term',
  leader_appeared: 'it heard from a leader of its term',
  voted_for_another: 'it voted for another',
  quorum_lost: 'no quorum has answered it for an election timeout',
  suspended: 'it is suspended',
  resumed: 'it goes on after a suspension',
  transfer: 'the leader bade it campaign',
  disk_stalled: 'its disk is stalled',
  removed: 'it is no voter of the committed configuration any more',
};

export const roleName = (role: string): string => (role === 'leader' ? 'the leader' : `a ${role.replace('_', '-')}`);

const words = (name: unknown): string => String(name).replaceAll('_', ' ');

export const commandText = (command: Command, limit = 40): string => {
  const key = shorten(showBytes(command.key), limit);
  const value = shorten(showBytes(command.value), limit);
  switch (command.op) {
    case 'put': return `put ${key} = ${value}`;
    case 'get': return `get ${key}`;
    case 'delete': return `delete ${key}`;
    case 'cas': return `cas ${key}: ${shorten(showBytes(command.expected), limit)} → ${value}`;
    case 'register': return 'open a session';
    default: return command.op;
  }
};

export const entryText = (event: TraceEvent, limit = 40): string => {
  if (event.command !== undefined) return commandText(event.command as Command, limit);
  if (event.kind === 'noop') return 'no-op of a new leader';
  if (event.kind === 'configuration') {
    const configuration = event.configuration as { voters?: string[] } | undefined;
    return `configuration: ${configuration?.voters?.join(', ') ?? '?'}`;
  }
  return `${words(event.kind)} of a large command`;
};

export const answerText = (event: TraceEvent): string => {
  const gaveUp = event.given_up === null || event.given_up === undefined ? '' : `given up (${words(event.given_up)}), `;
  const value = event.found === true ? ` "${shorten(showBytes(event.value as Bytes), 60)}"` : '';
  return `${gaveUp}${words(event.outcome)}${value}`;
};

const message = (event: TraceEvent): string => `${words(event.type)} of term ${String(event.term)}`;

type Teller = (event: TraceEvent, node: string) => string;

const tellers: Record<string, Teller> = {
  role_changed: (e, n) => `${n} becomes ${roleName(String(e.role))}, since ${whyRole[String(e.why)] ?? words(e.why)}`,
  leader_known: (e, n) => `${n} learns that ${String(e.leader)} leads`,
  term_and_vote: (e, n) => `${n} is now in term ${String(e.term)} and ${e.vote === null ? 'has not voted in it' : `votes for ${String(e.vote)}`}`,
  appended: (e, n) => `${n} appends entry ${String(e.index)} of term ${String(e.term)}: ${entryText(e)}`,
  truncated: (e, n) => `${n} drops its entries behind ${String(e.last)}: they differ from the leader's`,
  durable: (e, n) => `what ${n} has on disk: entries up to ${String(e.last)}, term ${String(e.term)}`,
  committed: (e, n) => `${n} knows that entries up to ${String(e.commit)} are committed`,
  applied: (e, n) => `${n} applies entry ${String(e.index)}: ${words(e.outcome)}`,
  timer_fired: (e, n) => `the ${words(e.timer)} timer of ${n} fires`,
  timer_armed: (e, n) => `${n} sets its ${words(e.timer)} timer`,
  started: (e, n) => `${n} starts, in term ${String(e.term)}, with ${String(e.last)} entries on its disk`,
  crashed: (_, n) => `${n} crashes`,
  trace_ended: (_, n) => `the trace of ${n} ends: its process has ended, or the file was copied at this point`,
  halted: (e, n) => `${n} stops itself for good: ${words(e.why)}`,
  sent: (e) => `${String(e.from)} sends ${String(e.to)} a ${message(e)}`,
  delivered: (e) => `a ${message(e)} from ${String(e.from)} reaches ${String(e.to)}`,
  dropped: (e) => `a ${message(e)} from ${String(e.from)} to ${String(e.to)} is lost: ${words(e.why)}`,
  duplicated: (e) => `a ${message(e)} from ${String(e.from)} to ${String(e.to)} will arrive twice`,
  refused: (e, n) => `${n} refuses what ${String(e.peer)} sent: ${words(e.why)}`,
  disk_submitted: (e, n) => `${n} asks its disk to ${words(e.action)} ${String(e.path ?? '')}`,
  disk_finished: (e, n) => `the disk of ${n} is done${e.error === null ? '' : `, with an error: ${words(e.error)}`}`,
  called: (e) => `client ${String(e.client)} begins a call: ${commandText(e as unknown as Command)}`,
  attempted: (e) => `client ${String(e.client)} sends its call to ${String(e.target)}`,
  arrived: (_, n) => `a call reaches ${n}`,
  replied: (e, n) => `${n} answers a call: ${answerText(e)}`,
  answered: (e) => `client ${String(e.client)} has its answer: ${answerText(e)}`,
  fault: (e) => String(e.what),
  expected: (e) => `expectation ${Number(e.number) + 1} ${e.held === true ? 'holds' : 'is broken'}: ${String(e.why)}`,
  violated: (e) => `violated: ${String(e.property)}: ${String(e.detail)}`,
  configuration_in_force: (e, n) => `${n} uses the configuration of entry ${String(e.index)}: voters ${(e.voters as string[] | undefined)?.join(', ') ?? '?'}`,
};

const plainFields = new Set(['id', 't', 'node', 'event', 'cause', 'says']);

const fieldText = (value: unknown): string => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value));

export const fieldsOf = (event: TraceEvent): [string, string][] =>
  Object.entries(event)
    .filter(([name]) => !plainFields.has(name))
    .map(([name, value]) => [name, name === 'deadline' || name === 'until' ? duration(Number(value)) : fieldText(value)]);

export const story = (event: TraceEvent): string => {
  if (typeof event.says === 'string') return event.says;
  const teller = tellers[event.event];
  if (teller !== undefined) return teller(event, event.node ?? 'somebody');
  const fields = fieldsOf(event).map(([name, value]) => `${words(name)} ${shorten(value, 40)}`);
  return `${event.node ?? ''} ${words(event.event)} ${fields.join(', ')}`.trim();
};

// The names of nodes stay as they are.
export const capital = (text: string): string => (/^n\d/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1));

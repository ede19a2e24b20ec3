// Finds events whose story, name or fields hold all words of a query.
import type { TraceEvent } from '../trace/types';
import { story } from './story';

export type Query = { kind: 'event'; id: number } | { kind: 'time'; t: number } | { kind: 'words'; words: string[] };

const units: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, min: 60e9 };

export const parseQuery = (text: string): Query => {
  const id = /^#(\d+)$/.exec(text.trim());
  if (id !== null) return { kind: 'event', id: Number(id[1]) };
  const time = /^@?\s*([\d.]+)\s*(ns|us|µs|ms|s|min)$/.exec(text.trim());
  if (time !== null) return { kind: 'time', t: Math.round(Number(time[1]) * units[time[2]]) };
  return { kind: 'words', words: text.toLowerCase().split(/\s+/).filter(Boolean) };
};

const textOf = (event: TraceEvent): string => `${story(event)} ${JSON.stringify(event)}`.toLowerCase();

// In slices, so that the page stays alive while a long run is searched.
export async function* findEvents(events: TraceEvent[], words: string[], from: number): AsyncGenerator<TraceEvent> {
  for (let step = 0; step < events.length; ++step) {
    const event = events[(from + step) % events.length];
    const text = textOf(event);
    if (words.every((word) => text.includes(word))) yield event;
    if (step % 5000 === 4999) await new Promise((resolve) => setTimeout(resolve));
  }
}

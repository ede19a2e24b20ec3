// Small pieces of text: times, bytes, lists.
import type { Bytes } from '../trace/types';

const trim = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

// The unit that suits it: "85 µs", "1.036 ms", "2 s".
export const duration = (ns: number): string => {
  if (ns < 1e3) return `${ns} ns`;
  if (ns < 1e6) return `${trim((ns / 1e3).toFixed(1))} µs`;
  if (ns < 1e9) return `${trim((ns / 1e6).toFixed(3))} ms`;
  return `${trim((ns / 1e9).toFixed(3))} s`;
};

export const seconds = (ns: number, digits = 3): string => `${(ns / 1e9).toFixed(digits)} s`;

export const showBytes = (value: Bytes | null | undefined): string => {
  if (value === null || value === undefined) return '–';
  return typeof value === 'string' ? value : `0x${value.hex}`;
};

export const shorten = (text: string, length: number): string => (text.length <= length ? text : `${text.slice(0, length - 1)}…`);

export const list = (words: string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`;

export const count = (n: number, one: string, many = `${one}s`): string => `${n.toLocaleString('en')} ${n === 1 ? one : many}`;

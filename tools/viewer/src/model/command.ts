// Commands: as the trace tells them, and as the bytes of a large one that was cut in parts.
import type { Bytes } from '../trace/types';

export interface Command {
  op: string;
  key?: Bytes;
  value?: Bytes;
  expected?: Bytes | null;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

export const toText = (bytes: Uint8Array): Bytes => {
  try {
    return utf8.decode(bytes);
  } catch {
    return { hex: hexOf(bytes) };
  }
};

export const toBytes = (value: Bytes): Uint8Array => {
  if (typeof value === 'string') return new TextEncoder().encode(value);
  const bytes = new Uint8Array(value.hex.length / 2);
  for (let i = 0; i < bytes.length; ++i) bytes[i] = parseInt(value.hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
};

// Two keys are the same exactly if these are.
export const keyName = (key: Bytes): string => (typeof key === 'string' ? `"${key}` : `0x${key.hex}`);

const operations = ['', 'put', 'delete', 'cas', 'register'];

export const decodeCommand = (bytes: Uint8Array): Command => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 1 + 3 * 8; // the version; session, sequence and first_unanswered
  const op = operations[view.getUint8(at++)];
  const field = (): Bytes => {
    const size = view.getUint32(at, true);
    at += 4 + size;
    if (at > bytes.length) throw new RangeError('a command is shorter than it says');
    return toText(bytes.subarray(at - size, at));
  };
  if (op === undefined || op === '') throw new RangeError('a command of unknown operation');
  if (op === 'register') return { op };
  const command: Command = { op, key: field() };
  if (op === 'cas') command.expected = view.getUint8(at++) === 1 ? field() : null;
  if (op !== 'delete') command.value = field();
  return command;
};

export const joinParts = (parts: Bytes[]): Command => {
  const pieces = parts.map(toBytes);
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return decodeCommand(whole);
};

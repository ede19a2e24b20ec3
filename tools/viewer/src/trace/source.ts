// From bytes, gzipped or not, to a trace.
import { Parser } from './parse';
import { type Trace, TraceError } from './types';

export const bytesOfBase64 = (text: string): Uint8Array<ArrayBuffer> => {
  let binary: string;
  try {
    binary = atob(text.trim());
  } catch {
    throw new TraceError('The run in this page is damaged: it is not base64.');
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; ++i) bytes[i] = binary.charCodeAt(i);
  return bytes;
};

const isGzip = (bytes: Uint8Array): boolean => bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;

export const readTrace = async (bytes: Uint8Array<ArrayBuffer>): Promise<Trace> => {
  const parser = new Parser();
  let stream: ReadableStream<Uint8Array<ArrayBuffer>> = new Blob([bytes]).stream();
  if (isGzip(bytes)) stream = stream.pipeThrough(new DecompressionStream('gzip'));
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + (done ? decoder.decode() : decoder.decode(value, { stream: true }))).split('\n');
      rest = done ? '' : (lines.pop() ?? '');
      for (const line of lines) parser.take(line);
      if (done) break;
    }
  } catch (error) {
    if (error instanceof TraceError) throw error;
    parser.stop('Its compressed data ends too early.');
  }
  return parser.finish();
};

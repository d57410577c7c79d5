// A file descriptor that the process was started with. It is shared with other programs and may block, so that its flags
// stay as they are and a thread of Node's pool does the waiting.

import { write } from 'node:fs';
import type { ChunkOutput } from './line-writer.ts';

export function descriptorOutput(fd: number): ChunkOutput {
  return { write: (bytes, offset, length, done) => write(fd, bytes, offset, length, null, done) };
}

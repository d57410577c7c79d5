// Content on its way out over a socket, in chunks or counted; the same for requests and responses.
// Source: RFC 9112 §7.1 (chunked).

import type { ConnectionStream } from '../../net/connection-stream.ts';
import type { Fields } from '../message.ts';
import { allowedTrailers } from '../trailers.ts';

/** Parts up to this size are joined with what stands around them: that costs less than another segment. */
export const JOINED_BYTES = 16 * 1024;

/** @param ahead a head that has not left yet, or nothing; as latin1 */
export function writeChunk(
  socket: ConnectionStream,
  ahead: string,
  chunk: Buffer,
  onTaken?: () => void,
): void {
  const size = `${chunk.length.toString(16)}\r\n`;
  if (chunk.length <= JOINED_BYTES) {
    socket.write(`${ahead}${size}${chunk.toString('latin1')}\r\n`, 'latin1', onTaken);
    return;
  }
  socket.cork();
  socket.write(ahead + size, 'latin1');
  socket.write(chunk);
  socket.write('\r\n', 'latin1', onTaken);
  socket.uncork();
}

/** @param ahead a head that has not left yet, or nothing; as latin1 */
export function writeCounted(
  socket: ConnectionStream,
  ahead: string,
  chunk: Buffer,
  onTaken?: () => void,
): void {
  if (ahead === '') {
    socket.write(chunk, onTaken);
  } else if (chunk.length <= JOINED_BYTES) {
    socket.write(ahead + chunk.toString('latin1'), 'latin1', onTaken);
  } else {
    socket.cork();
    socket.write(ahead, 'latin1');
    socket.write(chunk, onTaken);
    socket.uncork();
  }
}

/** The end of a chunked body, with the trailers that it may have. */
export function lastChunk(trailers: Fields): string {
  let text = '0\r\n';
  const allowed = allowedTrailers(trailers);
  for (let i = 0; i + 1 < allowed.length; i += 2) text += `${allowed[i]}: ${allowed[i + 1]}\r\n`;
  return `${text}\r\n`;
}

// An endpoint that speaks WebSocket, byte by byte: the handshake is done, and frames are the test's affair.

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { Upstream } from './upstreams.ts';
import { startUpstream } from './upstreams.ts';

/** RFC 6455 §1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Of a frame with so long a message. */
export const HEADER_BYTES = 10;

/** @param onOpen the handshake has been responded to */
export async function startWebSocketEndpoint(
  t: Pick<TestContext, 'after'>,
  onOpen: (socket: Socket) => void,
): Promise<Upstream> {
  const upstream = await startUpstream(t, (_request, response) => response.end());
  upstream.server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    const key = `${request.headers['sec-websocket-key']}${GUID}`;
    const accept = createHash('sha1').update(key).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.on('error', () => {});
    onOpen(socket);
  });
  return upstream;
}

/** An unmasked frame with a binary message of this many bytes, 65,536 at least, all of them the same. */
export function binaryFrame(bytes: number, fill: number): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES + bytes, fill);
  frame[0] = 0x82;
  frame[1] = 127;
  frame.writeBigUInt64BE(BigInt(bytes), 2);
  return frame;
}

// An endpoint that reads what it is sent as strictly as can be, keeps it, and responds with the bytes a test gives.

import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import type { RequestMessage } from './strict-http.ts';
import { parseRequest, StrictFault } from './strict-http.ts';

/** The response to a request: all of its bytes, or undefined to leave the socket to the caller. */
export type Respond = (request: RequestMessage, socket: Socket) => string | undefined;

export interface RecordingEndpoint {
  readonly port: number;
  /** Whole, well-formed requests, in the order of their ends. */
  readonly requests: readonly RequestMessage[];
  /** `METHOD target` of each. */
  readonly seen: readonly string[];
  /** What was not well-formed: always empty behind a proxy that keeps its promises. */
  readonly faults: readonly string[];
  /** Of all its connections. */
  readonly bytesReceived: number;
  /** Connections made to it so far. */
  readonly accepted: number;
  /** Those open now. */
  readonly open: ReadonlySet<Socket>;
}

/** A 200 that repeats the request line. */
export const echoLine: Respond = ({ method, target }) => {
  const body = `${method} ${target}`;
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${method === 'HEAD' ? '' : body}`;
};

export async function startRecordingEndpoint(
  t: Pick<TestContext, 'after'>,
  respond: Respond = echoLine,
): Promise<RecordingEndpoint> {
  const requests: RequestMessage[] = [];
  const faults: string[] = [];
  const open = new Set<Socket>();
  const counts = { bytesReceived: 0, accepted: 0 };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    counts.accepted++;
    open.add(socket);
    const parts: string[] = [];
    let held = 0;
    let needed = 1;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      counts.bytesReceived += chunk.length;
      parts.push(chunk);
      held += chunk.length;
      while (held >= needed) {
        const bytes = parts.join('');
        try {
          const parsed = parseRequest(bytes);
          const rest = parsed.message === undefined ? bytes : bytes.slice(parsed.length);
          parts.splice(0, parts.length, rest);
          held = rest.length;
          needed = parsed.message === undefined ? parsed.needed : 1;
          if (parsed.message === undefined) return;
          requests.push(parsed.message);
          const response = respond(parsed.message, socket);
          if (response !== undefined) socket.write(response, 'latin1');
        } catch (error) {
          if (!(error instanceof StrictFault)) throw error;
          faults.push(error.message);
          socket.destroy();
          return;
        }
      }
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    get seen() {
      return requests.map(({ method, target }) => `${method} ${target}`);
    },
    faults,
    get bytesReceived() {
      return counts.bytesReceived;
    },
    get accepted() {
      return counts.accepted;
    },
    open,
  };
}

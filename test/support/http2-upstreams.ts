// Real servers of HTTP/2 in the clear, each on a port of the system's choice, closed when its test ends.

import type { Http2Server, ServerHttp2Session, ServerHttp2Stream, ServerOptions } from 'node:http2';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export type RequestFields = Readonly<Record<string, string | string[] | undefined>>;

export interface Http2Upstream {
  readonly port: number;
  /** Requests that arrived, in order: `METHOD target`. */
  readonly seen: string[];
  /** Connections that stood, in order. */
  readonly sessions: ServerHttp2Session[];
  readonly server: Http2Server;
  close(): Promise<void>;
}

export async function startHttp2Upstream(
  t: Pick<TestContext, 'after'>,
  respond: (stream: ServerHttp2Stream, fields: RequestFields, raw: readonly string[]) => void,
  options: ServerOptions = {},
): Promise<Http2Upstream> {
  const seen: string[] = [];
  const sessions: ServerHttp2Session[] = [];
  const server = createServer(options);
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream: ServerHttp2Stream, fields, _flags, raw: unknown) => {
    stream.on('error', () => {});
    seen.push(`${fields[':method']} ${fields[':path']}`);
    respond(stream, fields, raw as string[]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const session of sessions) session.destroy();
    });
  t.after(close);
  return { port: (server.address() as AddressInfo).port, seen, sessions, server, close };
}

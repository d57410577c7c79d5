// Takes spans and forgets them: what a trace costs is measured where it is made.

import { createServer } from 'node:http';
import type { Job } from '../peers/peer.ts';

/** @returns the address for `tracing.otlp.endpoint` */
export async function startSpanSink({ after }: Pick<Job, 'after'>): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver of spans has no port');
  return `http://127.0.0.1:${address.port}`;
}

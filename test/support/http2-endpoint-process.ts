// An endpoint of HTTP/2 as a process of its own, so that a test may stop it as a whole. It prints its port.

import type { ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';

const server = createServer();
server.on('stream', (stream: ServerHttp2Stream, fields) => {
  stream.on('error', () => {});
  stream.respond({ ':status': 200 });
  if (fields[':path'] !== '/silent') stream.end('ok');
  else stream.write('first');
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));

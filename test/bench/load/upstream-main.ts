// The upstream where there is no nginx: answers at each of these ports. Arguments: the ports.

import { createServer } from 'node:http';
import { UPSTREAM_PATHS } from '../shapes.ts';

const contents = new Map(
  Object.entries(UPSTREAM_PATHS).map(([path, bytes]) => [path, Buffer.alloc(bytes, 'x')]),
);

for (const port of process.argv.slice(2)) {
  const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
    const content = contents.get(request.url ?? '');
    request.resume().once('end', () => {
      response.writeHead(content === undefined ? 404 : 200, { 'content-length': content?.length ?? 0 });
      response.end(content);
    });
  });
  server.listen(Number(port), '127.0.0.1', 4_096);
}

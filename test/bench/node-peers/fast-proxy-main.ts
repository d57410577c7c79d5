import { createServer } from 'node:http';
import fastProxy from 'fast-proxy';
import { LeastLoaded } from './least-loaded.ts';
import { KEEP_ALIVE_MS, PREFIX, portsGiven } from './ports.ts';

const { port, origins } = portsGiven();
const endpoints = new LeastLoaded(
  origins.map((base) => fastProxy({ base, undici: { connections: 1_024, pipelining: 1 } })),
);

createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
  const target = endpoints.pick();
  response.once('close', () => endpoints.done(target, response.writableFinished ? response.statusCode : 0));
  target.value.proxy(request, response, request.url?.slice(PREFIX.length) ?? '/');
}).listen(port, '127.0.0.1', 4_096);

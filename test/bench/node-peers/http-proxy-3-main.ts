import { Agent, createServer } from 'node:http';
import { createProxyServer } from 'http-proxy-3';
import { LeastLoaded } from './least-loaded.ts';
import { KEEP_ALIVE_MS, PREFIX, portsGiven } from './ports.ts';

const { port, origins } = portsGiven();
const endpoints = new LeastLoaded(origins);
const proxy = createProxyServer({
  agent: new Agent({ keepAlive: true, maxSockets: 1_024, maxFreeSockets: 1_024 }),
});

createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
  const target = endpoints.pick();
  response.once('close', () => endpoints.done(target, response.writableFinished ? response.statusCode : 0));
  request.url = request.url?.slice(PREFIX.length);
  proxy.web(request, response, { target: target.value }, () => {
    response.writeHead(502).end();
  });
}).listen(port, '127.0.0.1', 4_096);

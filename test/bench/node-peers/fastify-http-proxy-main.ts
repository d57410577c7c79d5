import fastifyHttpProxy from '@fastify/http-proxy';
import fastify from 'fastify';
import type { Target } from './least-loaded.ts';
import { LeastLoaded } from './least-loaded.ts';
import { KEEP_ALIVE_MS, PREFIX, portsGiven } from './ports.ts';

const { port, origins } = portsGiven();
const endpoints = new LeastLoaded(origins);
const picked = new WeakMap<object, Target<string>>();

const app = fastify({ keepAliveTimeout: KEEP_ALIVE_MS });
app.addHook('onResponse', (request, reply, done) => {
  const target = picked.get(request);
  if (target !== undefined) endpoints.done(target, reply.statusCode);
  done();
});
await app.register(fastifyHttpProxy, {
  upstream: '',
  prefix: PREFIX,
  undici: { connections: 1_024, pipelining: 1 },
  replyOptions: {
    getUpstream(request) {
      const target = endpoints.pick();
      picked.set(request, target);
      return target.value;
    },
  },
});
await app.listen({ port, host: '127.0.0.1', backlog: 4_096 });

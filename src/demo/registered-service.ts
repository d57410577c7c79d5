// The sample service as one container of docker-compose.yml: `--service payments [--port 8080]`. It finds Consul by
// CONSUL_HTTP_ADDR, keeps itself registered there under the container's own address, and with `--is-passing` only
// tells by its exit code whether Consul finds the instance of this container healthy.

import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { isPassing, keepRegistered } from './keep-registered.ts';
import { startSampleService } from './sample-service.ts';
import { pause } from './wait.ts';

/** How long callers get to learn that the instance left Consul before its port closes. */
const DRAIN_MS = 1_000;

const { values } = parseArgs({
  options: {
    service: { type: 'string', default: 'payments' },
    port: { type: 'string', default: '8080' },
    'is-passing': { type: 'boolean', default: false },
  },
});
const consulAddress = process.env['CONSUL_HTTP_ADDR'] ?? 'http://127.0.0.1:8500';
const port = Number(values.port);
const id = `${values.service}-${hostname()}-${port}`;

if (values['is-passing']) {
  process.exit((await isPassing(consulAddress, id)) ? 0 : 1);
}

const server = await startSampleService({ service: values.service, instance: id, host: '0.0.0.0', port });
const { address } = await lookup(hostname(), 4);
console.log(`${id} listens on ${address}:${port}`);
const registration = keepRegistered(
  consulAddress,
  { service: values.service, id, address, port },
  console.log,
);

async function stop(): Promise<void> {
  await registration.end();
  await pause(DRAIN_MS);
  await server.close();
  process.exit(0);
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());

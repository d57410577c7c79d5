// Consul's own built-in Connect proxy before a service: takes connections of the mesh, and asks the agent whether they may.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { systemClock } from '../../src/core/system-clock.ts';
import { findConsul } from '../../src/demo/consul-binary.ts';
import { endWithThisProcess } from '../../src/demo/leftovers.ts';
import { probePort } from '../../src/registration/port-probe.ts';
import type { ConsulAgent } from './consul-agent.ts';
import { eventually } from './eventually.ts';
import { unusedPort } from './upstreams.ts';

/**
 * Starts one and registers it as the proxy of the service.
 * @returns its port
 */
export async function startConnectProxy(
  t: Pick<TestContext, 'after'>,
  consul: ConsulAgent,
  service: string,
  servicePort: number,
): Promise<number> {
  const port = await unusedPort();
  await runProxy(t, consul, [
    ...['-service', service, '-service-addr', `127.0.0.1:${servicePort}`, '-listen', `127.0.0.1:${port}`],
  ]);
  await registerConnectProxy(consul, service, port);
  await untilListening(port, `the proxy of ${service}`);
  return port;
}

/**
 * Starts one on the side of the caller, with the certificate of `caller`.
 * @returns the port where connections to `service` are taken in the clear
 */
export async function startConnectUpstream(
  t: Pick<TestContext, 'after'>,
  consul: ConsulAgent,
  caller: string,
  service: string,
): Promise<number> {
  const port = await unusedPort();
  await runProxy(t, consul, ['-service', caller, '-upstream', `${service}:127.0.0.1:${port}`]);
  await untilListening(port, `the proxy of ${caller}`);
  return port;
}

async function runProxy(
  t: Pick<TestContext, 'after'>,
  consul: ConsulAgent,
  options: readonly string[],
): Promise<void> {
  const { path } = await findConsul();
  const child = spawn(path, ['connect', 'proxy', ...options, '-log-level', 'warn'], {
    env: environmentOf(consul),
    stdio: 'ignore',
  });
  endWithThisProcess(child);
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
}

function untilListening(port: number, who: string): Promise<void> {
  return eventually(async () => {
    const fault = await probePort({ host: '127.0.0.1', port }, 1_000, systemClock);
    if (fault !== undefined) throw new Error(`${who} does not listen: ${fault}`);
  });
}

/** Says that the proxy of the service listens at this port, and the service itself where nobody reaches it. */
export async function registerConnectProxy(
  consul: ConsulAgent,
  service: string,
  port: number,
): Promise<void> {
  await consul.register({ name: service, port: 1, status: 'none' });
  await consul.register({
    name: `${service}-proxy`,
    port,
    status: 'none',
    extra: { Kind: 'connect-proxy', Proxy: { DestinationServiceName: service } },
  });
}

function environmentOf({ address, token }: ConsulAgent): NodeJS.ProcessEnv {
  return {
    ...process.env,
    CONSUL_HTTP_ADDR: address,
    ...(token === undefined ? {} : { CONSUL_HTTP_TOKEN: token }),
  };
}

// An endpoint dies with everything that it has under way: whatever the number of endpoints and of calls, no call that may
// be repeated fails, and the circuit of the service stays closed.

import assert from 'node:assert/strict';
import type { Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';

/** An endpoint that holds its responses back until it is told to give them, and that can die and come back. */
class Endpoint {
  port = 0;
  #server: Server | undefined;
  readonly #held = new Set<ServerResponse>();
  #answers = false;

  /** Unless it runs. */
  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ keepAliveTimeout: 60_000 }, (_request, response) => {
      if (this.#answers) response.end('ok');
      else this.#held.add(response);
      response.on('close', () => this.#held.delete(response));
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  get held(): number {
    return this.#held.size;
  }

  /** The connections are cut and the port is closed, as when its process is killed. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  answerAll(): void {
    this.#answers = true;
    for (const response of this.#held) response.end('ok');
  }

  hold(): void {
    this.#answers = false;
  }
}

async function startWorld(t: TestContext, count: number) {
  const endpoints = Array.from({ length: count }, () => new Endpoint());
  for (const endpoint of endpoints) await endpoint.start();
  t.after(() => Promise.all(endpoints.map((endpoint) => endpoint.kill())));
  const proxy = await startProxy(t, {
    services: { payments: endpoints.map(({ port }) => port) },
    maxConnections: 1_000,
  });
  const held = () => endpoints.reduce((sum, endpoint) => sum + endpoint.held, 0);
  return { endpoints, proxy, held };
}

/** Statuses of calls during which the endpoint that has most of them under way dies. */
async function killUnder(
  { endpoints, proxy, held }: Awaited<ReturnType<typeof startWorld>>,
  underWay: number,
): Promise<readonly number[]> {
  for (const endpoint of endpoints) endpoint.hold();
  const calls = Array.from({ length: underWay }, async () => {
    const response = await fetch(`${proxy.url}/payments/slow`);
    await response.arrayBuffer();
    return response.status;
  });
  await eventually(() => assert.equal(held(), underWay));
  const [victim] = endpoints.toSorted((a, b) => b.held - a.held);
  assert.ok(victim !== undefined && victim.held > 0);
  await victim.kill();
  await eventually(() => assert.equal(held(), underWay, 'all that were lost are under way again elsewhere'));
  for (const endpoint of endpoints) endpoint.answerAll();
  return Promise.all(calls);
}

for (const count of [2, 3, 5]) {
  for (const underWay of [10, 60, 500]) {
    test(`one of ${count} endpoints dies with ${underWay} calls under way`, {
      timeout: 60_000,
    }, async (t) => {
      const world = await startWorld(t, count);
      const statuses = await killUnder(world, underWay);
      assert.deepEqual(
        statuses.filter((status) => status !== 200),
        [],
      );
      assert.deepEqual(world.proxy.circuitTransitions, []);
    });
  }
}

test('sixty calls under way on three endpoints and the busiest one killed, ten times in a row', async (t) => {
  const world = await startWorld(t, 3);
  const failed: number[] = [];
  for (let round = 0; round < 10; round++) {
    const statuses = await killUnder(world, 60);
    failed.push(...statuses.filter((status) => status !== 200));
    for (const endpoint of world.endpoints) await endpoint.start();
  }
  assert.deepEqual(failed, []);
  assert.deepEqual(world.proxy.circuitTransitions, []);
});

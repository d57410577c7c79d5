// Endpoints that swallow every attempt to connect, and clients that wait for less time than timeout.connect.

import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { TcpDialer } from '../../../src/net/dial.ts';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { startUpstream } from '../../support/upstreams.ts';

/** Its connections to one port stand as little as those whose SYN is dropped. */
class SwallowingDialer extends TcpDialer {
  readonly #port: number;
  swallowed = 0;

  constructor(port: number) {
    super();
    this.#port = port;
  }

  override dial(...given: Parameters<TcpDialer['dial']>): Socket {
    if (given[0].port !== this.#port) return super.dial(...given);
    this.swallowed++;
    return new Socket();
  }
}

for (const tags of [[], ['h2c']]) {
  test(`an endpoint that cannot be reached is ejected though every client leaves before (${tags[0] ?? 'http'})`, async (t) => {
    const sound = await startUpstream(t, (_, response) => response.end());
    const silentPort = 9;
    const dialer = new SwallowingDialer(silentPort);
    const proxy = await startProxy(t, {
      services: { payments: [sound.port, { port: silentPort, tags }] },
      dialer,
      policy: (policy) => ({
        ...policy,
        timeout: { ...policy.timeout, connect: 300 },
        retry: { ...policy.retry, attempts: 0 },
      }),
    });
    const call = () =>
      fetch(`${proxy.url}/payments/`, { headers: { 'x-request-timeout-ms': '50' } }).then(
        ({ status }) => status,
      );
    await eventually(async () => {
      await Promise.all(Array.from({ length: 4 }, call));
      assert.ok(dialer.swallowed > 0);
      assert.ok(proxy.transitions.length > 0);
    });
    const [ejected] = proxy.transitions;
    assert.equal(ejected?.type, 'ejected');
    assert.equal(ejected.endpointId, `node/${silentPort}`);
    assert.equal(await call(), 200);
  });
}

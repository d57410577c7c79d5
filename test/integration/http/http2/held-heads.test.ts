// What a request holds while it waits for its response: what its fields say, and not what they were read from.

import assert from 'node:assert/strict';
import { connect } from 'node:http2';
import { test } from 'node:test';
import { startAmbassador } from '../../../support/ambassador-process.ts';
import { eventually } from '../../../support/eventually.ts';
import { startUpstream, unusedPort } from '../../../support/upstreams.ts';

/** At a time: less than an endpoint has connections. */
const REQUESTS = 50;
const CRUMBS = Array.from({ length: 240 }, () => 'a=1');

/** A request with one cookie holds 12 KB, and one with many 14; with what they were read from it would be 26 KB. */
const MOST_BYTES_EACH = 20_000;

test('requests with their cookies in many fields hold little more than the cookies', async (t) => {
  let held = 0;
  const upstream = await startUpstream(t, () => held++);
  const ambassador = await startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    memoryProbe: true,
    config: {
      discovery: { services: 'declared' },
      services: { payments: { discover: { endpoints: [`127.0.0.1:${upstream.port}`] } } },
    },
  });
  const client = connect(ambassador.url);
  client.on('error', () => {});
  t.after(() => client.destroy());
  const ask = async (cookie: string[]): Promise<void> => {
    const before = held;
    for (let count = 0; count < REQUESTS; count++) {
      client.request({ ':path': '/payments/', cookie }).on('error', () => {});
    }
    await eventually(() => assert.equal(held, before + REQUESTS));
  };
  // What is compiled and loaded for the first ones is not theirs.
  await ask(['a=1']);
  const before = await ambassador.heapUsed();
  await ask(CRUMBS);
  const each = ((await ambassador.heapUsed()) - before) / REQUESTS;
  t.diagnostic(`${Math.round(each)} bytes each`);
  assert.ok(each < MOST_BYTES_EACH, `${Math.round(each)} bytes are held for each request`);
});

// Expect: 100-continue and interim responses, end to end (RFC 9110 §10.1.1, §15.2).

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bulkheadOptions } from '../../../../src/policy/limits/bulkhead-options.ts';
import { eventually } from '../../../support/eventually.ts';
import { RawClient } from '../../../support/raw-client.ts';
import {
  assertRefusal,
  assertUnharmed,
  besiege,
  request,
  untilQuiet,
  untilResponses,
} from '../../../support/siege.ts';
import { fieldOf, valuesOf } from '../../../support/strict-http.ts';
import { startTcpUpstream } from '../../../support/upstreams.ts';

const EXPECTING = 'Expect: 100-continue\r\nContent-Length: 5\r\n';
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('Expect: 100-continue', () => {
  it('100 comes before the content, once, and the response after it', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(request('POST', '/a', EXPECTING));
    await client.until(/^HTTP\/1\.1 100 Continue\r\n(?:[^\r\n]+\r\n)*\r\n$/);
    client.send('hello');
    const [response] = await untilResponses(client, 1);
    assert.equal(response?.interim.length, 1);
    assert.equal(siege.endpoint.requests[0]?.body, 'hello');
    await assertUnharmed(siege);
  });

  for (const expectation of ['100-Continue', '100-CONTINUE']) {
    it(`is known as ${expectation} too`, async (t) => {
      const siege = await besiege(t);
      const client = siege.client(request('POST', '/a', `Expect: ${expectation}\r\nContent-Length: 5\r\n`));
      await client.until(/^HTTP\/1\.1 100 /);
      client.send('hello');
      const [response] = await untilResponses(client, 1);
      assert.equal(response?.status, 200);
    });
  }

  it('a client that sends its content without waiting is served', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(request('POST', '/a', EXPECTING, 'hello') + request('GET', '/b'));
    const responses = await untilResponses(client, 2);
    assert.deepEqual(
      responses.map(({ body }) => body),
      ['POST /a', 'GET /b'],
    );
    assert.equal(siege.endpoint.requests[0]?.body, 'hello');
    await assertUnharmed(siege);
  });

  it('a final response of the endpoint instead of 100 reaches the client, which sends nothing', async (t) => {
    const upstream = await startTcpUpstream(t, (socket) => {
      socket.once('data', () =>
        socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno', () =>
          socket.end(),
        ),
      );
    });
    const siege = await besiege(t, { services: { payments: [upstream.port] } });
    const client = siege.client(request('POST', '/a', EXPECTING));
    await client.until(/HTTP\/1\.1 401 Unauthorized\r\n.*no$/s);
    await untilQuiet(siege.proxy);
  });

  it('an unknown service is refused without 100', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(`POST /nosuch/a HTTP/1.1\r\nHost: a\r\n${EXPECTING}\r\n`);
    const [response] = await untilResponses(client, 1);
    assertRefusal(response, 404);
    assert.equal(response?.interim.length, 0);
    await assertUnharmed(siege);
  });

  it('a call beyond a limit is refused without 100', async (t) => {
    const siege = await besiege(t, {
      respond: () => undefined,
      policy: (policy) => ({
        ...policy,
        bulkhead: bulkheadOptions.parse({ maxRequests: 1, maxPendingRequests: 0 }),
      }),
    });
    const first = siege.client(request('GET', '/held'));
    await eventually(() => assert.deepEqual(siege.endpoint.seen, ['GET /held']));
    const client = siege.client(request('POST', '/a', EXPECTING));
    const [response] = await untilResponses(client, 1);
    assertRefusal(response, 503);
    assert.equal(response?.interim.length, 0);
    first.socket.destroy();
    await assertUnharmed(siege);
  });

  it('a refused client whose content comes all the same reads the refusal, and its content is no request', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(`POST /nosuch/a HTTP/1.1\r\nHost: a\r\n${EXPECTING}\r\n`);
    await untilResponses(client, 1);
    client.send(`hello${request('GET', '/next')}`);
    await eventually(() => assert.ok(client.closed || client.received.includes('GET /next')));
    assert.doesNotMatch(client.received.slice(client.received.indexOf('}')), / 400 /);
    await assertUnharmed(siege);
  });

  it('nothing of it reaches an HTTP/1.0 client, and no 100 either', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(`POST /payments/a HTTP/1.0\r\n${EXPECTING}\r\nhello`);
    const [response] = await untilResponses(client, 1);
    assert.equal(response?.interim.length, 0);
    assert.equal(response?.status, 200);
  });

  it('without content there is nothing to wait for: one final response', async (t) => {
    const siege = await besiege(t);
    const client = siege.client(request('GET', '/a', 'Expect: 100-continue\r\n'));
    const [response] = await untilResponses(client, 1);
    assert.equal(response?.status, 200);
    await assertUnharmed(siege);
  });

  it('a client that leaves instead of sending blames nobody', async (t) => {
    const siege = await besiege(t);
    const clients = Array.from({ length: 12 }, () => siege.client(request('POST', '/a', EXPECTING)));
    for (const client of clients) await client.until(/ 100 /);
    for (const client of clients) client.socket.destroy();
    await assertUnharmed(siege);
  });
});

describe('an unknown expectation', () => {
  for (const expectation of ['200-ok', '100-continue, x', 'x=y', '100-continue;q=1', 'continue']) {
    it(`${expectation}: 417, and nothing goes upstream`, async (t) => {
      const siege = await besiege(t);
      const client = siege.client(
        request('POST', '/a', `Expect: ${expectation}\r\nContent-Length: 5\r\n`, 'hello'),
      );
      const [response] = await untilResponses(client, 1);
      assertRefusal(response, 417);
      assert.equal(siege.endpoint.bytesReceived, 0);
      await assertUnharmed(siege);
    });
  }
});

describe('interim responses', () => {
  it('103 and others are passed on before the final one, with their fields', async (t) => {
    const siege = await besiege(t, {
      respond: () =>
        `HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nContent-Length: 3\r\nConnection: x\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b.css>\r\n\r\n${ok}`,
    });
    const client = siege.client(request('GET', '/a') + request('GET', '/b'));
    const responses = await untilResponses(client, 2);
    for (const { status, interim, body } of responses) {
      assert.equal(status, 200);
      assert.equal(body, 'ok');
      assert.deepEqual(
        interim.map((each) => `${each.status} ${fieldOf(each, 'link')}`),
        ['103 </a.css>', '102 undefined', '103 </b.css>'],
      );
      assert.deepEqual(
        interim.flatMap(({ fields }) => valuesOf(fields, 'connection')),
        [],
      );
    }
    await assertUnharmed(siege);
  });

  it('are kept back from clients of HTTP/1.0', async (t) => {
    const siege = await besiege(t, {
      respond: () => `HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n${ok}`,
    });
    const client = siege.client('GET /payments/a HTTP/1.0\r\n\r\n');
    const [response] = await untilResponses(client, 1);
    assert.equal(response?.interim.length, 0);
    assert.equal(response?.body, 'ok');
  });

  it('a 100 that nobody asked for harms nothing', async (t) => {
    const siege = await besiege(t, {
      respond: () => `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${ok}`,
    });
    const client = siege.client(request('GET', '/a') + request('POST', '/b', 'Content-Length: 0\r\n'));
    const responses = await untilResponses(client, 2);
    assert.deepEqual(
      responses.map(({ body }) => body),
      ['ok', 'ok'],
    );
    await assertUnharmed(siege);
  });

  it('without end are a fault of the endpoint', async (t) => {
    const upstream = await startTcpUpstream(t, (socket) => {
      const hint = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n'.repeat(1_000);
      const more = (): void => {
        while (!socket.destroyed && socket.write(hint));
        if (!socket.destroyed) socket.once('drain', more);
      };
      socket.once('data', more);
    });
    const siege = await besiege(t, {
      services: { payments: [upstream.port] },
      policy: (policy) => ({ ...policy, timeout: { ...policy.timeout, request: 500 } }),
    });
    const client = new RawClient(t, siege.proxy.port);
    client.send(request('POST', '/a', 'Content-Length: 0\r\n'));
    await eventually(() => assert.equal(siege.proxy.finished.length, 1));
    await untilQuiet(siege.proxy, { blamed: true });
  });

  it('a 101 that nobody asked for is a fault of the endpoint, and no tunnel', async (t) => {
    const siege = await besiege(t, {
      respond: () => 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    });
    const client = siege.client(request('POST', '/a', 'Content-Length: 0\r\n'));
    const [response] = await untilResponses(client, 1);
    assertRefusal(response, 502);
    await untilQuiet(siege.proxy, { blamed: true });
  });
});

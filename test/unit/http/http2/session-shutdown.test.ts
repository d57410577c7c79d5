import assert from 'node:assert/strict';
import { once } from 'node:events';
import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  ServerHttp2Session,
  ServerHttp2Stream,
} from 'node:http2';
import { connect, performServerHandshake } from 'node:http2';
import { duplexPair } from 'node:stream';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { SessionUse } from '../../../../src/http/http2/session-shutdown.ts';
import { SessionShutdown } from '../../../../src/http/http2/session-shutdown.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

interface Pair {
  readonly client: ClientHttp2Session;
  readonly server: ServerHttp2Session;
  /** Sends a request. @returns both ends of its stream once the server has it */
  request(): Promise<{ asked: ClientHttp2Stream; taken: ServerHttp2Stream }>;
  /** The last stream that each GOAWAY names, in the order in which they come. */
  readonly named: readonly number[];
}

async function pair(t: TestContext): Promise<Pair> {
  const [near, far] = duplexPair();
  const server = performServerHandshake(far);
  const client = connect('http://a', { createConnection: () => near });
  const named: number[] = [];
  client.on('goaway', (_code, last) => named.push(last));
  t.after(() => {
    client.destroy();
    server.destroy();
  });
  await once(client, 'remoteSettings');
  return {
    client,
    server,
    named,
    request: async () => {
      const asked = client.request({ ':path': '/' });
      const [taken] = (await once(server, 'stream')) as [ServerHttp2Stream];
      return { asked, taken };
    },
  };
}

/** What waits for the turn after this has been done, and has reached the client. */
async function untilSeen(client: ClientHttp2Session): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => client.ping(resolve));
}

/** What a connection says of itself with so many requests under way, or with none since then. */
const busy = (streams: number): SessionUse => ({ streams, idleSince: undefined });
const idle = (idleSince: number): SessionUse => ({ streams: 0, idleSince });

test('without a notice, a session ends once no request has been under way for a while', async (t) => {
  const clock = new FakeClock();
  const { client, server, request, named } = await pair(t);
  const shutdown = new SessionShutdown(server, clock, undefined);
  const { taken } = await request();
  taken.respond({ ':status': 204 }, { endStream: true });
  shutdown.proceed(idle(-500));
  shutdown.want();
  clock.advance(99);
  shutdown.proceed(idle(0));
  await untilSeen(client);
  assert.deepEqual(named, []);
  clock.advance(1);
  shutdown.proceed(idle(0));
  await once(client, 'close');
  assert.deepEqual(named, [1]);
});

test('a client that always has requests under way is not met right after a response, and is served to the end', async (t) => {
  const clock = new FakeClock();
  const { client, server, request, named } = await pair(t);
  const shutdown = new SessionShutdown(server, clock, undefined);
  const { asked, taken } = await request();
  shutdown.want();
  shutdown.proceed(busy(3));
  clock.advance(600);
  shutdown.want();
  shutdown.proceed(idle(600));
  shutdown.proceed(busy(2));
  await untilSeen(client);
  assert.deepEqual(named, []);
  shutdown.proceed(busy(3));
  await untilSeen(client);
  assert.deepEqual(named, [1]);
  assert.equal(client.destroyed, false);
  taken.respond({ ':status': 200 });
  taken.end('served');
  assert.deepEqual(await asked.setEncoding('utf8').toArray(), ['served']);
  await once(client, 'close');
});

test('after two seconds any moment is good', async (t) => {
  const clock = new FakeClock();
  const { client, server, request, named } = await pair(t);
  const shutdown = new SessionShutdown(server, clock, undefined);
  await request();
  shutdown.want();
  shutdown.proceed(busy(2));
  clock.advance(1_999);
  shutdown.proceed(busy(1));
  await untilSeen(client);
  assert.deepEqual(named, []);
  clock.advance(1);
  shutdown.proceed(busy(1));
  await untilSeen(client);
  assert.deepEqual(named, [1]);
});

test('after a notice, a request that was on its way is served; a notice that cannot be given yet is tried again', async (t) => {
  const { client, server, request, named } = await pair(t);
  const tries = [false, true];
  const shutdown = new SessionShutdown(
    server,
    new FakeClock(),
    () => tries.shift() ?? assert.fail('given twice'),
  );
  await request();
  shutdown.want();
  shutdown.proceed(busy(1));
  await untilSeen(client);
  assert.deepEqual(named, []);
  const second = request();
  shutdown.proceed(busy(1));
  shutdown.proceed(busy(1));
  const { taken } = await second;
  await untilSeen(client);
  assert.deepEqual(named, [3]);
  taken.respond({ ':status': 204 }, { endStream: true });
  server.destroy();
});

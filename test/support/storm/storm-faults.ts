// Each kind of fault that callers, endpoints, Consul, readers of the log and this machine may have, again and again until
// it is told to end; what it began it ends itself.

import { Agent, request } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { StormWorld } from './storm-world.ts';
import { TAGS } from './storm-world.ts';

/** Goes on until `over` aborts. */
export type StormFault = (world: StormWorld, over: AbortSignal) => Promise<void>;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A Consul that begins anew refuses what it is asked meanwhile. */
const unlessItIsAway = (asked: Promise<unknown>): Promise<unknown> => asked.catch(() => {});

/** One step after the other, with a pause between two. */
function repeated(
  everyMs: number,
  step: (world: StormWorld, round: number) => Promise<void> | void,
): StormFault {
  return async (world, over) => {
    for (let round = 0; !over.aborted; round++) {
      await step(world, round);
      await pause(everyMs);
    }
  };
}

const whole = ({ random }: StormWorld, below: number): number => Math.floor(random() * below);

interface Call {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Buffer;
  /** Milliseconds until the caller resets the connection; undefined when it stays. */
  readonly leavesAfter?: number | undefined;
}

/** Resolves however it ends. */
function call(
  { url }: Pick<StormWorld, 'url'>,
  agent: Agent,
  { path, leavesAfter, body, ...rest }: Call,
): Promise<void> {
  return new Promise((resolve) => {
    const outgoing = request(`${url}${path}`, { agent, ...rest }, (response) => {
      response.on('error', () => {});
      response.resume();
    });
    outgoing.on('error', () => {});
    outgoing.on('close', resolve);
    outgoing.end(body);
    if (leavesAfter !== undefined) setTimeout(() => outgoing.socket?.resetAndDestroy(), leavesAfter);
  });
}

/** Many calls at once, over connections that end with them. */
async function calls(
  world: Pick<StormWorld, 'url'>,
  count: number,
  each: (index: number) => Call,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  await Promise.all(Array.from({ length: count }, (_, index) => call(world, agent, each(index))));
  agent.destroy();
}

/** Sends it and reads nothing; resolves to the open connection, or to undefined where there is none to be had. */
function sent({ port }: StormWorld, bytes: string | Buffer): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(bytes, 'latin1');
      resolve(socket);
    });
    socket.on('error', () => resolve(undefined));
    socket.resume();
  });
}

const FATES = ['/reset', '/half', '/silent', '/large', '/malformed', '/refused'];

const HOSTILE_HEADS: readonly (string | Buffer)[] = [
  'GET / HTTP/9.9\r\n\r\n',
  '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
  'PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n',
  'POST /payments/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n',
  `GET /payments/ HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(70_000)}`,
  `GET /payments/ HTTP/1.1\r\n${'A: b\r\n'.repeat(5_000)}`,
  'POST /payments/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n',
  'CONNECT payments.service.consul:80 HTTP/1.1\r\nHost: payments.service.consul\r\n\r\nGET / HTTP/1.1\r\n',
  'GET /payments/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Key: x\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0000\u0004\u0000\u0000\u0000\u0000\u0000garbage garbage garbage',
  Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0', 'latin1'),
    // Pings without end (RFC 9113 §6.7).
    Buffer.from('\0\0\u0008\u0006\0\0\0\0\0pingpong'.repeat(3_000), 'latin1'),
  ]),
  Buffer.alloc(10_000, 0),
];

/** What a browser sends for a page elsewhere, and for one whose name was rebound to this machine. */
const PAGE_HEADERS: readonly Readonly<Record<string, string>>[] = [
  { origin: 'http://evil.example' },
  { origin: 'null', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
  { host: 'evil.example:15000' },
];

const ADMIN_PAGES = ['/metrics', '/api/overview', '/api/services', '/api/services/large-0', '/api/timeline'];

const BAD_NAMES = (world: StormWorld): readonly string[] => {
  const name = `nowhere-${whole(world, 1e9)}`;
  return [
    `/${name}/`,
    `/${name.repeat(30)}/`,
    `/${'%2e'.repeat(20)}/`,
    `/payment${whole(world, 10)}/`,
    `/v${whole(world, 1e6)}.payments/`,
  ];
};

export const STORM_FAULTS = {
  'names that no service has': repeated(50, async (world) => {
    const names = BAD_NAMES(world);
    await calls(world, names.length * 2, (index) => {
      const path = names[index % names.length] ?? '/';
      if (index < names.length) return { path };
      const host = `${path.slice(1, -1).slice(0, 60)}.service.consul`;
      return { path: '/', headers: { host } };
    });
  }),

  'endpoints that fail in every way, and callers that leave': repeated(20, (world) =>
    calls(world, 20, () => ({
      path: `/fraud${FATES[whole(world, FATES.length)]}`,
      ...(world.random() < 0.4 ? { method: 'PUT', body: Buffer.alloc(whole(world, 100_000)) } : {}),
      leavesAfter: world.random() < 0.4 ? whole(world, 300) : undefined,
    })),
  ),

  'an endpoint that dies and comes back': async (world, over) => {
    while (!over.aborted) {
      const end = await world.startFickle();
      await pause(700);
      await end();
      await pause(300);
    }
  },

  'a Consul that is silent': async (world, over) => {
    while (!over.aborted) {
      await pause(2_000);
      world.consul.pause();
      await pause(1_500);
      world.consul.resume();
    }
  },

  'registrations that never rest': repeated(100, async ({ consul, ficklePort }, round) => {
    // A Consul that is silent keeps it waiting.
    const id = `payments-fickle-${round % 3}`;
    const body = { Name: 'payments', ID: id, Address: '127.0.0.1', Port: ficklePort };
    if (round % 2 === 0) await unlessItIsAway(consul.request('PUT', '/v1/agent/service/register', body));
    else await unlessItIsAway(consul.deregister(id));
  }),

  'a service of thousands that changes all the time': repeated(100, async (world) => {
    await unlessItIsAway(world.churnLarge());
    await calls(world, 20, () => ({ path: '/large-0/' }));
  }),

  'a Consul that loses its data': async (world, over) => {
    await pause(2_500);
    if (!over.aborted) await world.loseRegistry();
  },

  'one service by many tags': repeated(50, (world) =>
    calls(world, 20, () => ({
      path: '/',
      headers: { host: `TAG-${whole(world, TAGS + 20)}.payments.service.consul` },
    })),
  ),

  'instances whose address is none': repeated(200, (world) =>
    calls(world, 4, () => ({ path: '/unusable/' })),
  ),

  'more services than may be watched': repeated(400, (world, round) =>
    calls(world, 8, (index) => ({
      path: `/rare-${(round * 4 + index) % 20}/`,
      // While Consul is silent these wait for a first table, and give up.
      leavesAfter: index < 4 ? undefined : whole(world, 300),
    })),
  ),

  'a reader of the log that stalls': async ({ ambassador }, over) => {
    while (!over.aborted) {
      ambassador.stallLog();
      await pause(1_000);
      ambassador.readLog();
      await pause(500);
      ambassador.forgetLog();
    }
  },

  'bursts of SIGHUP, with good and bad configurations': repeated(1_500, async (world, round) => {
    if (round % 3 === 0) world.spoilConfiguration();
    else world.configure({ defaults: { timeout: { request: '2s', perTry: `${500 + (round % 5)}ms` } } });
    for (let signal = 0; signal < 50; signal++) world.ambassador.signal('SIGHUP');
  }),

  'heads that are none': repeated(200, async (world) => {
    const sockets = await Promise.all(HOSTILE_HEADS.map((bytes) => sent(world, bytes)));
    await pause(100);
    for (const socket of sockets) socket?.destroy();
  }),

  'more clients than there are file descriptors': async (world, over) => {
    while (!over.aborted) {
      const idle = await Promise.all(Array.from({ length: 350 }, () => sent(world, '')));
      await pause(500);
      for (const socket of idle) socket?.destroy();
      await pause(3_000);
    }
  },

  'pages of other sites': repeated(100, async (world) => {
    const admin = { ...world, url: world.ambassador.adminUrl };
    const headers = PAGE_HEADERS;
    const method = 'POST';
    await calls(world, 10, (index) => ({
      path: '/payments/',
      method,
      headers: headers[index % headers.length],
    }));
    await calls(admin, 10, (index) => ({
      path: ADMIN_PAGES[index % 3] ?? '/',
      headers: headers[index % headers.length],
    }));
  }),

  'readers of all that is known': repeated(500, async (world) => {
    const admin = { ...world, url: world.ambassador.adminUrl };
    await calls(admin, ADMIN_PAGES.length, (index) => ({ path: ADMIN_PAGES[index] ?? '/' }));
  }),

  'readers of events that do not read': repeated(300, async ({ ambassador }) => {
    const at = new URL(ambassador.adminUrl);
    const sockets = Array.from({ length: 4 }, () => {
      const socket = connect(Number(at.port), '127.0.0.1', () =>
        socket.write('GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      );
      return socket.on('error', () => {});
    });
    await pause(300);
    for (const socket of sockets) socket.destroy();
  }),
} as const satisfies Readonly<Record<string, StormFault>>;

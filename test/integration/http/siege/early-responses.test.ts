// A final response while the request is still being sent: it reaches the client, even from an endpoint that closes at
// once, and says nothing against the endpoint (RFC 9112 §9.6; nginx, Node.js and Python respond to large uploads so).

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import { findProgram } from '../../../support/find-program.ts';
import { assertUnharmed, besiege, request, untilQuiet, untilResponses } from '../../../support/siege.ts';
import { startTcpUpstream } from '../../../support/upstreams.ts';

const SIZE = 5_000_000;
const CONTENT = 'x'.repeat(SIZE);
const TIMES = 8;

/** Starts a server that refuses uploads with 413 as its kind does. @returns its port; undefined: not on this machine */
type Start = (t: TestContext) => Promise<number | undefined>;

const refusal = 'HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno';

const servers: Readonly<Record<string, Start>> = {
  'a Node.js server that ends its response without reading': async (t) => {
    const server = createServer((_request, response) => {
      response.writeHead(413, { connection: 'close', 'content-length': 2 });
      response.end('no');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    return (server.address() as AddressInfo).port;
  },
  'a Node.js server that destroys the request afterwards': async (t) => {
    const server = createServer((received, response) => {
      response.writeHead(413, { connection: 'close', 'content-length': 2 });
      response.end('no', () => received.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    return (server.address() as AddressInfo).port;
  },
  'a server that closes at once': async (t) =>
    (
      await startTcpUpstream(t, (socket) => {
        socket.once('data', () => {
          socket.pause();
          socket.end(refusal, 'latin1', () => socket.destroy());
        });
      })
    ).port,
  'a server that stops reading and keeps the connection': async (t) =>
    (
      await startTcpUpstream(t, (socket) => {
        socket.once('data', () => {
          socket.pause();
          socket.write(refusal);
        });
      })
    ).port,
  'a server that reads on and keeps the connection': async (t) =>
    (
      await startTcpUpstream(t, (socket) => {
        let answered = false;
        socket.on('data', () => {
          if (!answered) socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno');
          answered = true;
        });
      })
    ).port,
  'http.server of Python': (t) =>
    startPython(
      t,
      `
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *args): pass
    def do_POST(self):
        self.send_response(413)
        self.send_header('Content-Length', '2')
        self.send_header('Connection', 'close')
        self.end_headers()
        self.wfile.write(b'no')
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
`,
    ),
};

async function startPython(t: TestContext, program: string): Promise<number | undefined> {
  const python = findProgram('python3');
  if (python === undefined) return undefined;
  const child = spawn(python, ['-c', program], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) return Number(line);
  return undefined;
}

for (const [what, start] of Object.entries(servers)) {
  describe(`413 of ${what} to an upload of 5 MB`, () => {
    for (const [framing, head, content] of [
      ['with a length', request('POST', '/a', `Content-Length: ${SIZE}\r\n`), CONTENT],
      [
        'in chunks',
        request('POST', '/a', 'Transfer-Encoding: chunked\r\n'),
        `${SIZE.toString(16)}\r\n${CONTENT}\r\n0\r\n\r\n`,
      ],
    ] as const) {
      it(`${framing}: reaches the client, ${TIMES} of ${TIMES}, and ejects nobody`, async (t) => {
        const port = await start(t);
        if (port === undefined) {
          t.skip('not on this machine');
          return;
        }
        const siege = await besiege(t, { services: { payments: [port] } });
        for (let i = 0; i < TIMES; i++) {
          const client = siege.client(head);
          client.send(content);
          const [response] = await untilResponses(client, 1);
          assert.equal(response?.status, 413, `${response?.body.slice(0, 300)}`);
          assert.equal(response.body, 'no');
          client.socket.destroy();
        }
        await untilQuiet(siege.proxy);
        assert.deepEqual(
          siege.proxy.finished
            .map(({ reason, status }) => [status, reason])
            .filter(([status]) => status !== 413),
          [],
        );
      });
    }
  });
}

describe('an early response', () => {
  it('that is long reaches the client whole, while the upload goes on', async (t) => {
    const size = 2_000_000;
    const sockets: Socket[] = [];
    const upstream = await startTcpUpstream(t, (socket) => {
      sockets.push(socket);
      socket.once('data', () => {
        socket.resume();
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${'y'.repeat(size)}`);
      });
    });
    const siege = await besiege(t, { services: { payments: [upstream.port] } });
    const client = siege.client(request('POST', '/a', `Content-Length: ${SIZE}\r\n`));
    client.send(CONTENT.slice(0, 100_000));
    const [response] = await untilResponses(client, 1);
    assert.equal(response?.body.length, size);
    client.socket.destroy();
    await untilQuiet(siege.proxy);
  });

  it('leaves the client’s connection usable, or says that it closes', async (t) => {
    const siege = await besiege(t, {
      services: {
        payments: [
          (
            await startTcpUpstream(t, (socket) => {
              socket.once('data', () => {
                socket.pause();
                socket.end(refusal, 'latin1', () => socket.destroy());
              });
            })
          ).port,
        ],
      },
    });
    const client = siege.client(request('POST', '/a', `Content-Length: ${SIZE}\r\n`));
    client.send(CONTENT);
    client.send('GET /nosuch/b HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => assert.ok(client.closed || / 404 /.test(client.received)));
    assert.match(client.received, /^HTTP\/1\.1 413 /);
    await untilQuiet(siege.proxy);
  });

  it('to a request that is refused upstream again and again opens no circuit', async (t) => {
    const siege = await besiege(t, {
      services: { payments: [(await servers['a server that closes at once']?.(t)) ?? 0] },
    });
    for (let i = 0; i < 15; i++) {
      const client = siege.client(request('PUT', '/a', `Content-Length: ${SIZE}\r\n`));
      client.send(CONTENT);
      assert.equal((await untilResponses(client, 1))[0]?.status, 413);
      client.socket.destroy();
    }
    await untilQuiet(siege.proxy);
  });

  it('of an endpoint that reads the rest leaves its connection in a known state', async (t) => {
    const siege = await besiege(t, {
      respond: ({ target }) =>
        target === '/a' ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' : undefined,
    });
    const client = siege.client(request('POST', '/a', 'Content-Length: 5\r\n', 'hello'));
    await untilResponses(client, 1);
    await assertUnharmed(siege);
  });
});

import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { describe, it } from 'node:test';
import { AmbassadorError } from '../../../../src/core/errors.ts';
import type { Exchange } from '../../../../src/http/exchange.ts';
import { ServerConnection } from '../../../../src/http/http1/server-connection.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';

/** A client's connection whose kernel takes bytes only when the test says so. */
class HeldSocket extends Duplex {
  readonly bytesRead = 0;
  readonly bytesWritten = 0;
  readonly remoteAddress = '127.0.0.1';
  sent = '';
  #taking = false;
  #taken: (() => void) | undefined;

  override _read(): void {}
  override _write(chunk: Buffer | string, _encoding: BufferEncoding, callback: () => void): void {
    this.sent += chunk.toString('latin1');
    if (this.#taking) callback();
    else this.#taken = callback;
  }
  destroySoon(): void {
    this.end();
  }
  resetAndDestroy(): void {
    this.destroy();
  }
  takeAll(): void {
    this.#taking = true;
    this.#taken?.();
    this.#taken = undefined;
  }
}

const HEAD_MS = 60_000;
const KEEP_ALIVE_MS = 75_000;
const GET = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';

function connect(respond: (exchange: Exchange) => void) {
  const clock = new FakeClock();
  const socket = new HeldSocket({ allowHalfOpen: true });
  const exchanges: Exchange[] = [];
  const faults: unknown[] = [];
  const connection = new ServerConnection(
    socket,
    { clock, maxHeaderBytes: 32 * 1024, headTimeoutMs: HEAD_MS, keepAliveMs: KEEP_ALIVE_MS },
    {
      exchange: (exchange) => {
        exchanges.push(exchange);
        respond(exchange);
      },
      refused: ({ reason }) => ({
        head: { status: reason === 'request_timeout' ? 408 : 400, reasonPhrase: '', fields: [] },
        body: Buffer.from('no'),
      }),
      switched: () => assert.fail('nothing asked for another protocol'),
      tunnel: () => assert.fail('no tunnel was asked for'),
      fault: (error) => faults.push(error),
    },
    () => undefined,
  );
  return { clock, socket, exchanges, faults, connection };
}

function respondWith(bytes: number): (exchange: Exchange) => void {
  return (exchange) => {
    const fields = ['content-length', `${bytes}`];
    const writer = exchange.respond({ status: 200, reasonPhrase: 'OK', fields });
    writer.data(Buffer.alloc(bytes, 'x'));
    writer.end([]);
  };
}

function responsesIn(text: string): number {
  return text.split('HTTP/1.1 200 OK\r\n').length - 1;
}

describe('a client that asks faster than it reads', () => {
  it('has its next request wait until what was written has left, and all of them in the end', async () => {
    const { socket, exchanges, connection } = connect(respondWith(15_000));
    connection.begin(Buffer.from(GET.repeat(500)));
    assert.ok(exchanges.length < 50, `${exchanges.length} responses are kept`);
    socket.takeAll();
    await settle();
    assert.equal(exchanges.length, 500);
    assert.equal(responsesIn(socket.sent), 500);
  });

  it('is not read from beyond a bound', async () => {
    const { socket, connection } = connect(respondWith(15_000));
    connection.begin(Buffer.from(GET.repeat(20_000)));
    assert.ok(socket.isPaused());
    socket.takeAll();
    await settle();
    assert.ok(!socket.isPaused());
  });

  it('gets all of its responses when it has closed its side meanwhile', async () => {
    const { socket, exchanges, connection } = connect(respondWith(15_000));
    connection.begin(Buffer.from(GET.repeat(100)));
    socket.push(null);
    await settle();
    assert.ok(!socket.destroyed);
    socket.takeAll();
    await settle();
    assert.equal(exchanges.length, 100);
    assert.equal(responsesIn(socket.sent), 100);
    assert.ok(socket.writableEnded);
  });

  it('is not told that its next head came too late', async () => {
    const { clock, socket, exchanges, connection } = connect(respondWith(15_000));
    connection.begin(Buffer.from(GET.repeat(100)));
    clock.advance(2 * HEAD_MS);
    connection.expire(clock.now());
    assert.ok(!socket.destroyed);
    socket.takeAll();
    await settle();
    assert.equal(exchanges.length, 100);
    assert.doesNotMatch(socket.sent, /408/);
  });

  it('has the end of its last response leave, however long it reads', async () => {
    const { clock, socket, connection } = connect(respondWith(15_000));
    connection.begin(Buffer.from(GET));
    clock.advance(KEEP_ALIVE_MS);
    connection.expire(clock.now());
    assert.ok(!socket.destroyed);
    socket.takeAll();
    await settle();
    assert.ok(socket.writableFinished);
    assert.ok(socket.sent.endsWith('x'.repeat(15_000)));
  });
});

describe('patience with a client', () => {
  it('ends for a head that stays unfinished', async () => {
    const { clock, socket, connection } = connect(respondWith(2));
    socket.takeAll();
    connection.begin(Buffer.from('GET /a HT'));
    clock.advance(HEAD_MS);
    connection.expire(clock.now());
    assert.match(socket.sent, /^HTTP\/1\.1 408 /);
    assert.ok(socket.writableEnded);
  });

  it('ends for a connection that is not used', () => {
    const { clock, socket, connection } = connect(respondWith(2));
    socket.takeAll();
    connection.begin(Buffer.from(GET));
    assert.ok(connection.idle);
    clock.advance(KEEP_ALIVE_MS - 1);
    connection.expire(clock.now());
    assert.ok(!socket.destroyed);
    clock.advance(1);
    connection.expire(clock.now());
    assert.ok(socket.destroyed);
  });

  it('does not end while a response is due', () => {
    const { clock, socket, connection } = connect(() => {});
    connection.begin(Buffer.from(GET));
    clock.advance(24 * 3_600_000);
    connection.expire(clock.now());
    assert.ok(!socket.destroyed);
  });
});

it('a fault of a handler ends its connection, and nothing else', () => {
  const fault = new AmbassadorError('internal_error', 'a handler threw');
  const { socket, faults, connection } = connect(() => {
    throw fault;
  });
  connection.begin(Buffer.from(GET));
  assert.ok(socket.destroyed);
  assert.deepEqual(faults, [fault]);
});

describe('content that nobody wants', () => {
  const chunked = 'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
  const end = '5\r\nhello\r\n0\r\n\r\n';

  it('that has come already leaves the connection as long as any to the next request', async () => {
    const { clock, socket, exchanges, connection } = connect(respondWith(2));
    socket.takeAll();
    connection.begin(Buffer.from(`${chunked}${end}`));
    assert.ok(connection.idle);
    clock.advance(KEEP_ALIVE_MS - 1_000);
    connection.expire(clock.now());
    assert.ok(!socket.destroyed);
    connection.begin(Buffer.from(GET));
    assert.equal(exchanges.length, 2);
    await settle();
    assert.equal(responsesIn(socket.sent), 2);
  });

  it('may come late, but not after a silence', async () => {
    const { clock, socket, exchanges, connection } = connect(respondWith(2));
    socket.takeAll();
    connection.begin(Buffer.from(chunked));
    clock.advance(4_000);
    connection.begin(Buffer.from(end.slice(0, 4)));
    clock.advance(4_000);
    connection.expire(clock.now());
    connection.begin(Buffer.from(`${end.slice(4)}${GET}`));
    assert.equal(exchanges.length, 2);
    await settle();
    connection.begin(Buffer.from(chunked));
    clock.advance(5_000);
    connection.expire(clock.now());
    assert.ok(socket.writableEnded);
  });

  it('may not come for ever', () => {
    const { clock, socket, connection } = connect(respondWith(2));
    socket.takeAll();
    connection.begin(Buffer.from(chunked));
    for (let passed = 0; passed < 30_000; passed += 1_000) {
      clock.advance(1_000);
      connection.begin(Buffer.from('1\r\nx\r\n'));
    }
    connection.expire(clock.now());
    assert.ok(socket.writableEnded);
  });

  it('and is faulty ends the connection after its response', async () => {
    const { socket, exchanges, connection } = connect(respondWith(2));
    socket.takeAll();
    connection.begin(Buffer.from(`${chunked}nonsense\r\n${GET}`));
    await settle();
    assert.equal(exchanges.length, 1);
    assert.equal(responsesIn(socket.sent), 1);
    assert.ok(socket.writableEnded);
  });
});

import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { Tunnel } from '../../../src/proxy/tunnel.ts';
import { GOING_AWAY, GOING_AWAY_MASKED } from '../../../src/proxy/websocket-frames.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** One side of a tunnel: what the test sends, and what it takes when it likes to. */
class Side extends Duplex {
  readonly taken: Buffer[] = [];
  #take: (() => void) | undefined;
  readonly #takesAtOnce: boolean;

  constructor(takesAtOnce: boolean) {
    super({ allowHalfOpen: true, readableHighWaterMark: 1 });
    this.#takesAtOnce = takesAtOnce;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.taken.push(chunk);
    if (this.#takesAtOnce) callback();
    else this.#take = callback;
  }

  get bytes(): string {
    return Buffer.concat(this.taken).toString('latin1');
  }

  takeOne(): void {
    const taken = this.#take;
    this.#take = undefined;
    taken?.();
  }
}

function tunnel(isWebSocket: boolean, takesAtOnce = true) {
  const [client, endpoint] = [new Side(takesAtOnce), new Side(true)];
  const closed: true[] = [];
  const joined = new Tunnel(client, endpoint, {
    clock: new FakeClock(),
    idleMs: 0,
    connections: [],
    isWebSocket,
    onClosed: () => closed.push(true),
  });
  return { client, endpoint, closed, joined };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('while a client takes nothing, one read is held and no more is asked for', async () => {
  const { client, endpoint } = tunnel(false, false);
  await turn();
  endpoint.push(Buffer.from('one'));
  endpoint.push(Buffer.from('two'));
  await turn();
  assert.equal(client.bytes, 'one');
  assert.equal(endpoint.isPaused(), true);
  client.takeOne();
  await turn();
  assert.equal(client.bytes, 'onetwo');
  client.takeOne();
  await turn();
  assert.equal(endpoint.isPaused(), false);
});

test('each direction ends by itself, and both of them end the tunnel', async () => {
  const { client, endpoint, closed } = tunnel(false);
  await turn();
  client.push(null);
  await turn();
  assert.equal(endpoint.writableEnded, true);
  assert.equal(client.writableEnded, false);
  endpoint.push(Buffer.from('late'));
  endpoint.push(null);
  await turn();
  await turn();
  assert.equal(client.bytes, 'late');
  assert.equal(closed.length, 1);
});

test('at rest both sides of a WebSocket get a Close frame at once', async () => {
  const { client, endpoint, joined } = tunnel(true);
  await turn();
  joined.goAway();
  joined.goAway();
  assert.deepEqual(client.taken, [GOING_AWAY]);
  assert.deepEqual(endpoint.taken, [GOING_AWAY_MASKED]);
  assert.deepEqual([client.writableEnded, endpoint.writableEnded], [true, true]);
  endpoint.push(Buffer.from('\x81\x02no', 'latin1'));
  await turn();
  assert.equal(client.taken.length, 1);
});

test('a frame under way is passed on whole before the goodbye, and nothing after it', async () => {
  const { client, endpoint, joined } = tunnel(true);
  await turn();
  endpoint.push(Buffer.from('\x81\x05he', 'latin1'));
  await turn();
  joined.goAway();
  assert.equal(client.bytes, '\x81\x05he');
  endpoint.push(Buffer.from('llo\x81\x03bye', 'latin1'));
  await turn();
  assert.equal(client.bytes, `\x81\x05hello${GOING_AWAY.toString('latin1')}`);
});

test('a side that is closing already, and what is no WebSocket, is left alone', async () => {
  const closing = tunnel(true);
  await turn();
  closing.endpoint.push(Buffer.from('\x88\x02\x03\xe8', 'latin1'));
  await turn();
  closing.joined.goAway();
  assert.equal(closing.client.bytes, '\x88\x02\x03\xe8');
  const other = tunnel(false);
  other.joined.goAway();
  await turn();
  assert.deepEqual([other.client.taken, other.client.writableEnded], [[], false]);
});

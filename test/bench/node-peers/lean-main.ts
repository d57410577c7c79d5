// What Node.js allows: HTTP/1.1 read and written on bare sockets on both sides, with the least that relays a request of
// the benchmark. It checks nothing, takes no content in requests, and no response without a length. A floor, no proxy.

import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { Target } from './least-loaded.ts';
import { LeastLoaded } from './least-loaded.ts';
import { PREFIX, portsGiven } from './ports.ts';

const HEAD_END = Buffer.from('\r\n\r\n');
const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te']);

/** A field section without the fields of its connection, and the length that it names. */
function relayedFields(head: string, from: number): { readonly fields: string; readonly length: number } {
  let fields = '';
  let length = 0;
  for (let at = from; at < head.length; ) {
    const found = head.indexOf('\r\n', at);
    const end = found === -1 ? head.length : found;
    const name = head.slice(at, head.indexOf(':', at)).toLowerCase();
    if (name === 'content-length') length = Number(head.slice(at + name.length + 1, end));
    if (!OF_THE_CONNECTION.has(name)) fields += `${head.slice(at, end)}\r\n`;
    at = end + 2;
  }
  return { fields, length };
}

class Endpoint {
  readonly #port: number;
  readonly #idle: UpstreamConnection[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  take(target: Target<Endpoint>): UpstreamConnection {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    return new UpstreamConnection(this.#port, (connection) => {
      endpoints.done(target, 200);
      this.#idle.push(connection);
    });
  }
}

class UpstreamConnection {
  readonly #socket: Socket;
  readonly #release: (connection: UpstreamConnection) => void;
  #client: Socket | undefined;
  /** Bytes of content still to come; undefined while a head is due. */
  #left: number | undefined;

  constructor(port: number, release: (connection: UpstreamConnection) => void) {
    this.#release = release;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (chunk: Buffer) => this.#received(chunk));
    this.#socket.on('error', () => this.#client?.destroy());
  }

  send(head: string, client: Socket): void {
    this.#client = client;
    this.#socket.write(head, 'latin1');
  }

  #received(chunk: Buffer): void {
    const client = this.#client;
    if (client === undefined) return;
    if (this.#left !== undefined) {
      this.#left -= chunk.length;
      if (this.#left <= 0) this.#done();
      client.write(chunk);
      return;
    }
    const end = chunk.indexOf(HEAD_END);
    const head = chunk.toString('latin1', 0, end);
    const lineEnd = head.indexOf('\r\n');
    const { fields, length } = relayedFields(head, lineEnd + 2);
    const body = chunk.subarray(end + HEAD_END.length);
    const sent = `${head.slice(0, lineEnd)}\r\n${fields}connection: keep-alive\r\n\r\n`;
    this.#left = length - body.length;
    if (this.#left <= 0) {
      this.#done();
      client.write(sent + body.toString('latin1'), 'latin1');
    } else {
      client.write(sent, 'latin1');
      client.write(body);
    }
  }

  #done(): void {
    this.#left = undefined;
    this.#client = undefined;
    this.#release(this);
  }
}

const { port, origins } = portsGiven();
const endpoints = new LeastLoaded(origins.map((origin) => new Endpoint(Number(new URL(origin).port))));

createServer({ noDelay: true }, (client) => {
  client.on('error', () => client.destroy());
  client.on('data', (chunk: Buffer) => {
    const head = chunk.toString('latin1', 0, chunk.indexOf(HEAD_END));
    const lineEnd = head.indexOf('\r\n');
    const methodEnd = head.indexOf(' ');
    const line = `${head.slice(0, methodEnd)} ${head.slice(methodEnd + 1 + PREFIX.length, lineEnd)}`;
    const target = endpoints.pick();
    target.value.take(target).send(`${line}\r\n${relayedFields(head, lineEnd + 2).fields}\r\n`, client);
  });
}).listen({ port, host: '127.0.0.1', backlog: 4_096 });

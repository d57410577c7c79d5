// A DNS server (RFC 1035) on a loopback UDP port that answers what a test tells it to.

import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const TYPES = { A: 1, AAAA: 28, SRV: 33 } as const;

export type RecordType = keyof typeof TYPES;

export interface DnsRecord {
  readonly type: RecordType;
  /** Seconds. */
  readonly ttl: number;
  readonly data: Buffer;
}

/** A list is an answer without an error, even when it is empty (NODATA); `silence` is none at all. */
export type DnsReply = readonly DnsRecord[] | 'nxdomain' | 'servfail' | 'silence';

const RESPONSE_CODES = { servfail: 2, nxdomain: 3 } as const;

export function a(address: string, ttl = 60): DnsRecord {
  return { type: 'A', ttl, data: Buffer.from(address.split('.').map(Number)) };
}

/** @param address with all its eight groups */
export function aaaa(address: string, ttl = 60): DnsRecord {
  const groups = address.split(':').map((group) => Number.parseInt(group, 16));
  const data = Buffer.alloc(16);
  for (const [index, group] of groups.entries()) data.writeUInt16BE(group, index * 2);
  return { type: 'AAAA', ttl, data };
}

export function srv(
  target: string,
  port: number,
  { priority = 1, weight = 1, ttl = 60 }: { priority?: number; weight?: number; ttl?: number } = {},
): DnsRecord {
  const numbers = Buffer.alloc(6);
  numbers.writeUInt16BE(priority, 0);
  numbers.writeUInt16BE(weight, 2);
  numbers.writeUInt16BE(port, 4);
  return { type: 'SRV', ttl, data: Buffer.concat([numbers, encodeName(target)]) };
}

export class DnsServer {
  readonly #socket: Socket;
  readonly #replies = new Map<string, DnsReply>();
  /** `TYPE name`, in the order they came; repeated questions stand there again. */
  readonly questions: string[] = [];
  #closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, { port, address }) => {
      const reply = this.#answer(query);
      if (reply !== undefined) socket.send(reply, port, address);
    });
  }

  static async start(): Promise<DnsServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new DnsServer(socket);
  }

  /** `ip:port`. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  /** What it says from now on; a name and type that it was not told about does not exist. */
  reply(type: RecordType, name: string, reply: DnsReply): void {
    this.#replies.set(`${type} ${name}`, reply);
  }

  /** Frees the port: questions are refused from then on. Closing twice does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #answer(query: Buffer): Buffer | undefined {
    const { name, end } = decodeName(query, 12);
    const type = query.readUInt16BE(end);
    const known = Object.entries(TYPES).find(([, number]) => number === type)?.[0] ?? String(type);
    this.questions.push(`${known} ${name}`);
    const reply = this.#replies.get(`${known} ${name}`) ?? 'nxdomain';
    if (reply === 'silence') return undefined;
    const records = typeof reply === 'string' ? [] : reply;
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8580 | (typeof reply === 'string' ? RESPONSE_CODES[reply] : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    return Buffer.concat([header, query.subarray(12, end + 4), ...records.map(encodeRecord)]);
  }
}

function encodeRecord({ type, ttl, data }: DnsRecord): Buffer {
  const fixed = Buffer.alloc(12);
  // The name is that of the question, at offset 12.
  fixed.writeUInt16BE(0xc00c, 0);
  fixed.writeUInt16BE(TYPES[type], 2);
  fixed.writeUInt16BE(1, 4);
  fixed.writeUInt32BE(ttl, 6);
  fixed.writeUInt16BE(data.length, 10);
  return Buffer.concat([fixed, data]);
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);
}

function decodeName(message: Buffer, start: number): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = message.readUInt8(at); length > 0; length = message.readUInt8(at)) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

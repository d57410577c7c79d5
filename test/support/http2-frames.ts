// A client of HTTP/2 whose every frame is the test's affair. Source: RFC 9113 §4.1 (frame format), §6; RFC 7541 (HPACK).

import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';

export const FRAME = {
  data: 0x0,
  headers: 0x1,
  priority: 0x2,
  reset: 0x3,
  settings: 0x4,
  ping: 0x6,
  goaway: 0x7,
  windowUpdate: 0x8,
  continuation: 0x9,
} as const;

export const FLAG = { endStream: 0x1, ack: 0x1, endHeaders: 0x4 } as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A block of fields, each a literal that is not indexed and not compressed (RFC 7541 §6.2.2). */
export function fieldBlock(fields: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(fields).flatMap(([name, value]) => [
    Buffer.from([0]),
    text(name),
    text(value),
  ]);
  return Buffer.concat(parts);
}

export const GET = { ':method': 'GET', ':scheme': 'http', ':authority': 'a', ':path': '/payments/x' };

function text(value: string): Buffer {
  return Buffer.concat([length(value.length), Buffer.from(value, 'latin1')]);
}

/** An integer with a prefix of seven bits (RFC 7541 §5.1). */
function length(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

export class FrameClient {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  /** Its connection is closed, however. */
  readonly closed: Promise<void>;
  #unread = Buffer.alloc(0);
  #isClosed = false;

  constructor(t: Pick<TestContext, 'after'>, port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk: Buffer) => this.#read(chunk));
    this.closed = new Promise((resolve) => {
      const done = (): void => {
        this.#isClosed = true;
        resolve();
      };
      this.socket.on('end', done);
      this.socket.on('close', done);
    });
    t.after(() => this.socket.destroy());
    this.socket.write(Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0)]));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(...frames: readonly Buffer[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(frames));
  }

  request(
    stream: number,
    fields: Readonly<Record<string, string>> = GET,
    flags: number = FLAG.endStream,
  ): void {
    this.send(frame(FRAME.headers, FLAG.endHeaders | flags, stream, fieldBlock(fields)));
  }

  of(type: number, stream?: number): readonly Frame[] {
    return this.frames.filter(
      (each) => each.type === type && (stream === undefined || each.stream === stream),
    );
  }

  /** The error codes of GOAWAY frames, in order. */
  get goaways(): readonly number[] {
    return this.of(FRAME.goaway).map(({ payload }) => payload.readUInt32BE(4));
  }

  /**
   * Sends it again and again, as fast as it is taken, until the connection ends.
   * @returns how often
   */
  async flood(next: (round: number) => Buffer, rounds: number): Promise<number> {
    for (let round = 0; round < rounds; round++) {
      if (this.#isClosed || this.socket.destroyed) return round;
      if (!this.socket.write(next(round))) {
        await new Promise<void>((resolve) => {
          this.socket.once('drain', resolve);
          void this.closed.then(resolve);
        });
      }
    }
    return rounds;
  }

  #read(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    while (this.#unread.length >= 9) {
      const size = this.#unread.readUIntBE(0, 3);
      if (this.#unread.length < 9 + size) return;
      this.frames.push({
        type: this.#unread[3] as number,
        flags: this.#unread[4] as number,
        stream: this.#unread.readUInt32BE(5) & 0x7fffffff,
        payload: Buffer.from(this.#unread.subarray(9, 9 + size)),
      });
      this.#unread = this.#unread.subarray(9 + size);
    }
  }
}

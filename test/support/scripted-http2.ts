// An endpoint of HTTP/2 whose every frame is the test's affair. Source: RFC 9113 §4.1, §6; RFC 7541 appendix A.

import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { startTcpUpstream } from './upstreams.ts';

export const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
} as const;

export const END_STREAM = 1;
export const END_HEADERS = 4;
const ACK = 1;

/** `:status: 200` as HPACK says it. */
export const STATUS_200 = Buffer.from([0x88]);

const PREFACE_BYTES = 24;
const HEAD_BYTES = 9;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export class ScriptedConnection {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  #unread = Buffer.alloc(0);
  #begun = false;

  constructor(socket: Socket, onFrame: (frame: Frame, connection: ScriptedConnection) => void) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#unread = Buffer.concat([this.#unread, bytes]);
      if (!this.#begun) {
        if (this.#unread.length < PREFACE_BYTES) return;
        this.#begun = true;
        this.#unread = this.#unread.subarray(PREFACE_BYTES);
      }
      for (let frame = this.#next(); frame !== undefined; frame = this.#next()) {
        this.frames.push(frame);
        if (frame.type === FRAME.settings && frame.flags !== ACK) this.send(FRAME.settings, ACK, 0);
        onFrame(frame, this);
      }
    });
  }

  send(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): void {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUIntBE(payload.length, 0, 3);
    head.writeUInt8(type, 3);
    head.writeUInt8(flags, 4);
    head.writeUInt32BE(stream, 5);
    this.socket.write(Buffer.concat([head, payload]));
  }

  /** @param settings by number (RFC 9113 §6.5.2) */
  settings(settings: Readonly<Record<number, number>> = {}): void {
    const entries = Object.entries(settings).map(([id, value]) => {
      const entry = Buffer.alloc(6);
      entry.writeUInt16BE(Number(id), 0);
      entry.writeUInt32BE(value, 2);
      return entry;
    });
    this.send(FRAME.settings, 0, 0, Buffer.concat(entries));
  }

  reset(stream: number, code: number): void {
    this.send(FRAME.reset, 0, stream, uint32(code));
  }

  goAway(lastStream: number, code: number, text = ''): void {
    this.send(FRAME.goAway, 0, 0, Buffer.concat([uint32(lastStream), uint32(code), Buffer.from(text)]));
  }

  /** A whole response of status 200. */
  respond(stream: number, content: string): void {
    this.send(FRAME.headers, END_HEADERS, stream, STATUS_200);
    this.send(FRAME.data, END_STREAM, stream, Buffer.from(content));
  }

  #next(): Frame | undefined {
    if (this.#unread.length < HEAD_BYTES) return undefined;
    const end = HEAD_BYTES + this.#unread.readUIntBE(0, 3);
    if (this.#unread.length < end) return undefined;
    const frame = {
      type: this.#unread.readUInt8(3),
      flags: this.#unread.readUInt8(4),
      stream: this.#unread.readUInt32BE(5),
      payload: this.#unread.subarray(HEAD_BYTES, end),
    };
    this.#unread = this.#unread.subarray(end);
    return frame;
  }
}

export interface ScriptedHttp2 {
  readonly port: number;
  readonly connections: ScriptedConnection[];
}

/** @param onFrame called for each frame that comes; SETTINGS are sent at once with `settings` */
export async function startScriptedHttp2(
  t: TestContext,
  onFrame: (frame: Frame, connection: ScriptedConnection) => void,
  settings: Readonly<Record<number, number>> = {},
): Promise<ScriptedHttp2> {
  const connections: ScriptedConnection[] = [];
  const { port } = await startTcpUpstream(t, (socket) => {
    const connection = new ScriptedConnection(socket, onFrame);
    connections.push(connection);
    connection.settings(settings);
  });
  return { port, connections };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

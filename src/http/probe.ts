// One connection to an endpoint, to see what is there: it is connected to as a call would be, over TLS where the service
// has it, and asked something that has no effect.
// Source: RFC 9110 §9.3.7 (OPTIONS *), RFC 9113 §3.4 (the preface, which a server has to answer with its settings).

import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import { awaitAcceptance } from '../net/acceptance.ts';
import type { Dialer, DialTarget } from '../net/dial.ts';
import { DialTimeout, handshakeFailureOf } from '../net/handshake.ts';

export type Asked = 'http' | 'h2c' | 'grpc' | 'tcp';

export type Probed =
  /** `code` of the error as Node.js has it, or what is wrong with the handshake. */
  | { readonly kind: 'unreachable'; readonly detail: string; readonly code: string | undefined }
  | { readonly kind: 'silent' }
  /** What it said first. */
  | {
      readonly kind: 'spoke';
      readonly secure: boolean;
      readonly protocol: string | undefined;
      readonly bytes: Buffer;
    }
  | { readonly kind: 'connected'; readonly secure: boolean };

/** An HTTP/2 client's preface and empty SETTINGS. */
const HTTP2_PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
]);

const READ_BYTES = 1_024;

const TLS_MS = 2_000;

export interface ProbeOptions {
  /** What stands in Host. */
  readonly host?: string | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** @param asked what it is asked as, or the bytes of a question in another protocol */
export function probe(
  dialer: Dialer,
  target: DialTarget,
  asked: Asked | Buffer,
  { host = '', timeoutMs, clock }: ProbeOptions,
): Promise<Probed> {
  const wantsHttp2 = asked === 'h2c' || asked === 'grpc';
  const alpn = asked === 'tcp' || typeof asked !== 'string' ? [] : wantsHttp2 ? ['h2'] : ['h2', 'http/1.1'];
  const buffer = Buffer.alloc(READ_BYTES);
  return new Promise((resolve) => {
    let connected: { secure: boolean; protocol: string | undefined } | undefined;
    let socket: Socket | undefined;
    const end = (probed: Probed): void => {
      late.cancel();
      resolve(probed);
      socket?.destroy();
    };
    let late = clock.schedule(timeoutMs, () => {
      if (connected === undefined)
        end({ kind: 'unreachable', detail: `no connection within ${timeoutMs} ms`, code: 'ETIMEDOUT' });
      else end(asked === 'tcp' ? { kind: 'connected', secure: connected.secure } : { kind: 'silent' });
    });
    socket = dialer.dial(
      target,
      {
        buffer: () => buffer,
        read: (length) => {
          const bytes = Buffer.from(buffer.subarray(0, length));
          const { secure = false, protocol } = connected ?? {};
          // Whoever speaks has accepted us, and what is spoken over TCP is not ours to judge.
          end(asked === 'tcp' ? { kind: 'connected', secure } : { kind: 'spoke', secure, protocol, bytes });
        },
      },
      ({ secure, protocol }) => {
        connected = { secure, protocol };
        const stands = (): void => end({ kind: 'connected', secure });
        if (asked === 'tcp' && secure && socket !== undefined) {
          late.cancel();
          late = awaitAcceptance(socket, clock, stands);
        } else if (asked === 'tcp') stands();
        else if (typeof asked !== 'string') socket?.write(asked);
        else if (wantsHttp2 || protocol === 'h2') socket?.write(HTTP2_PREFACE);
        else socket?.write(`OPTIONS * HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
      },
      alpn,
    );
    socket.on('error', (error) => {
      const handshake = handshakeFailureOf(error);
      const { code } = error as NodeJS.ErrnoException;
      end(
        handshake === undefined
          ? {
              kind: 'unreachable',
              detail: messageOf(error),
              code: error instanceof DialTimeout ? 'ETIMEDOUT' : code,
            }
          : { kind: 'unreachable', detail: handshake.detail, code: handshake.fault },
      );
    });
    socket.on('end', () => end({ kind: 'silent' }));
    socket.on('close', () => end({ kind: 'silent' }));
  });
}

/** What the first bytes of a server show: HTTP/1.1, HTTP/2, or neither. */
export function looksLike(bytes: Buffer): 'http/1.1' | 'h2' | 'other' {
  if (bytes.toString('latin1', 0, 5) === 'HTTP/') return 'http/1.1';
  // A frame of type SETTINGS on stream 0.
  const isSettings = bytes.length >= 9 && bytes[3] === 4 && bytes.readUInt32BE(5) === 0;
  return isSettings ? 'h2' : 'other';
}

/** Whether a server that says nothing to plain bytes begins a handshake. */
export async function speaksTls({ address, port, socketPath }: DialTarget): Promise<boolean> {
  const { connect } = await import('node:tls');
  return new Promise((resolve) => {
    const at = socketPath === undefined ? { host: address, port } : { path: socketPath };
    // Nothing is sent, and nothing that comes is believed: only that it is TLS counts.
    const socket = connect({ ...at, rejectUnauthorized: false, timeout: TLS_MS });
    const end = (speaks: boolean): void => {
      socket.destroy();
      resolve(speaks);
    };
    socket.on('secureConnect', () => end(true));
    socket.on('error', () => end(false));
    socket.on('timeout', () => end(false));
  });
}

// A client that sends exactly the bytes a test says and shows exactly what came back.

import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { eventually } from './eventually.ts';

export class RawClient {
  readonly socket: Socket;
  readonly #chunks: string[] = [];
  #closed = false;
  #reset = false;

  constructor(t: TestContext, port: number, host = '127.0.0.1') {
    this.socket = connect({ port, host });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (chunk: string) => this.#chunks.push(chunk));
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#reset ||= error.code === 'ECONNRESET';
    });
    this.socket.on('close', () => {
      this.#closed = true;
    });
    t.after(() => this.socket.destroy());
  }

  send(bytes: string | Buffer): void {
    this.socket.write(bytes, 'latin1');
  }

  get received(): string {
    return this.#chunks.join('');
  }

  get closed(): boolean {
    return this.#closed;
  }

  get reset(): boolean {
    return this.#reset;
  }

  /** Waits until what came matches. */
  until(pattern: RegExp): Promise<string> {
    return eventually(() => {
      if (!pattern.test(this.received)) {
        throw new Error(`not yet ${pattern}: ${JSON.stringify(this.received)}`);
      }
      return this.received;
    });
  }

  untilClosed(): Promise<string> {
    return eventually(() => {
      if (!this.#closed) throw new Error(`still open: ${JSON.stringify(this.received)}`);
      return this.received;
    });
  }
}

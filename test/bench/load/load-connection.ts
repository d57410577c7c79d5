// One connection of the load generator: sends a request, and says when its answer is whole.

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { ResponseReader } from './response-reader.ts';

export interface LoadConnectionEvents {
  /** Called for each answer, and when the connection failed with a request on it (status 0). */
  readonly answered: (connection: LoadConnection, status: number) => void;
}

export class LoadConnection {
  /** When the request under way should have left, in milliseconds of performance.now(). */
  dueAt = 0;
  readonly #port: number;
  readonly #events: LoadConnectionEvents;
  #socket: Socket | undefined;
  #reader = new ResponseReader();
  #busy = false;

  constructor(port: number, events: LoadConnectionEvents) {
    this.#port = port;
    this.#events = events;
  }

  /** Returns once it stands, or has failed. */
  async open(): Promise<void> {
    const socket = this.#open();
    this.#socket = socket;
    await once(socket, 'connect').catch(() => {});
  }

  /** Opens it again first if the other side has closed it meanwhile. */
  send(message: Buffer): void {
    this.#busy = true;
    this.#socket ??= this.#open();
    this.#socket.write(message);
  }

  destroy(): void {
    this.#busy = false;
    this.#socket?.destroy();
  }

  #open(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#socket = undefined;
      this.#reader = new ResponseReader();
      this.#settle(0);
    });
    return socket;
  }

  #read(chunk: Buffer): void {
    try {
      if (this.#reader.read(chunk)) this.#settle(this.#reader.status);
    } catch {
      this.#socket?.destroy();
    }
  }

  #settle(status: number): void {
    if (!this.#busy) return;
    this.#busy = false;
    this.#events.answered(this, status);
  }
}

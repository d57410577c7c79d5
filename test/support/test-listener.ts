// An address that is bound, and nothing behind it.

import type { Server } from 'node:net';
import { createServer } from 'node:net';
import type { Listener } from '../../src/listener/listener.ts';
import type { ListenAddress } from '../../src/net/listen-address.ts';

export class TestListener implements Listener {
  readonly connections = 0;
  readonly #address: ListenAddress;
  readonly #server: Server = createServer((socket) => socket.destroy());

  constructor(address: ListenAddress) {
    this.#address = address;
  }

  async listen(): Promise<ListenAddress> {
    const address = this.#address;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      if (address.kind === 'unix') this.#server.listen(address.path, resolve);
      else this.#server.listen(address.port, address.host, resolve);
    });
    return address;
  }

  serve(): void {}

  drain(): void {}

  closeIdle(): number {
    return 0;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  destroy(): void {
    this.#server.close();
  }
}

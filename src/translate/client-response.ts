// The response to the client, which begins only when it is known what it will be.

import type { Exchange, ResponseWriter } from '../http/exchange.ts';
import type { Fields, ResponseHead } from '../http/message.ts';
import type { WholeResponse } from './translation.ts';

export class ClientResponse {
  readonly #client: Exchange;
  #writer: ResponseWriter | undefined;
  #sent: ResponseHead | undefined;
  #onDrain: (() => void) | undefined;
  /** What is given first is to leave at once: more may take long. */
  #flushWanted = false;

  constructor(client: Exchange) {
    this.#client = client;
  }

  /** Undefined before it has begun. */
  get sent(): ResponseHead | undefined {
    return this.#sent;
  }

  begin(head: ResponseHead): void {
    this.#sent = head;
    this.#writer = this.#client.respond(head);
    if (this.#onDrain !== undefined) this.#writer.onDrain(this.#onDrain);
  }

  /** @returns false when the client should be waited for */
  data(chunk: Buffer): boolean {
    if (this.#writer === undefined) return true;
    const wantsMore = this.#writer.data(chunk);
    if (this.#flushWanted) this.flush();
    return wantsMore;
  }

  end(trailers: Fields): void {
    this.#writer?.end(trailers);
  }

  whole({ head, body }: WholeResponse): void {
    this.#flushWanted = false;
    this.begin(head);
    this.data(body);
    this.end([]);
  }

  flush(): void {
    this.#flushWanted = this.#writer === undefined;
    this.#writer?.flush();
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
    this.#writer?.onDrain(listener);
  }

  get taken(): boolean {
    return this.#writer?.taken ?? true;
  }

  onTaken(listener: (whole: boolean) => void): void {
    if (this.#writer === undefined) listener(false);
    else this.#writer.onTaken(listener);
  }
}

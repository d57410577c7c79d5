// The exchange of a page: whatever responds to it, the page may read the response.

import type { Body } from '../http/body.ts';
import type { Exchange, ResponseWriter } from '../http/exchange.ts';
import type { RequestHead, ResponseHead } from '../http/message.ts';
import { WrappedExchange } from '../http/wrapped-exchange.ts';
import type { CallingPage } from './cors.ts';
import { readableHead } from './cors.ts';

export class PageExchange extends WrappedExchange {
  readonly #page: CallingPage;

  constructor(client: Exchange, page: CallingPage) {
    super(client);
    this.#page = page;
  }

  get head(): RequestHead {
    return this.client.head;
  }

  get body(): Body | undefined {
    return this.client.body;
  }

  respond(head: ResponseHead): ResponseWriter {
    return this.client.respond(readableHead(head, this.#page));
  }
}

// The translator of one service: the dialects that its clients may speak, asked in order.

import type { Exchange } from '../http/exchange.ts';
import { callingPage, preflightResponse } from './cors.ts';
import { PageExchange } from './page-exchange.ts';
import { PageTranslation, Preflight } from './page-translation.ts';
import type { TranslatedApi } from './translated-api.ts';
import type { Translation, TranslationContext, Translator } from './translation.ts';

/** A protocol that clients speak and endpoints do not. */
export interface Dialect {
  /** Undefined for a request in another protocol. */
  translationOf(exchange: Exchange, context: TranslationContext): Translation | undefined;
}

export class ServiceTranslator implements Translator {
  readonly clients: readonly string[];
  readonly api: TranslatedApi | undefined;
  readonly #dialects: readonly Dialect[];
  readonly #closed: () => void;
  readonly #allowedOrigins: () => readonly string[];

  /** @param allowedOrigins whose pages may call, as they are at the time of asking; `*` for every one */
  constructor(
    dialects: readonly Dialect[],
    closed: () => void,
    allowedOrigins: () => readonly string[] = () => [],
    api?: TranslatedApi,
    clients: readonly string[] = [],
  ) {
    this.api = api;
    this.clients = clients;
    this.#dialects = dialects;
    this.#closed = closed;
    this.#allowedOrigins = allowedOrigins;
  }

  translationOf(exchange: Exchange, context: TranslationContext): Translation | undefined {
    const { head } = exchange;
    const page = callingPage(head.fields, this.#allowedOrigins());
    if (page === undefined) return this.#spoken(exchange, context);
    const preflight = preflightResponse(head, page);
    if (preflight !== undefined) return new Preflight(preflight, context);
    const translation = this.#spoken(new PageExchange(exchange, page), context);
    return translation === undefined ? undefined : new PageTranslation(translation, page);
  }

  #spoken(exchange: Exchange, context: TranslationContext): Translation | undefined {
    for (const dialect of this.#dialects) {
      const translation = dialect.translationOf(exchange, context);
      if (translation !== undefined) return translation;
    }
    return undefined;
  }

  close(): void {
    this.#closed();
  }
}

// The translator of one service: the dialects that its clients may speak, asked in order.

import type { Exchange } from '../http/exchange.ts';
import type { Translation, TranslationContext, Translator } from './translation.ts';

/** A protocol that clients speak and endpoints do not. */
export interface Dialect {
  /** Undefined for a request in another protocol. */
  translationOf(exchange: Exchange, context: TranslationContext): Translation | undefined;
}

export class ServiceTranslator implements Translator {
  readonly #dialects: readonly Dialect[];
  readonly #closed: () => void;

  constructor(dialects: readonly Dialect[], closed: () => void) {
    this.#dialects = dialects;
    this.#closed = closed;
  }

  translationOf(exchange: Exchange, context: TranslationContext): Translation | undefined {
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

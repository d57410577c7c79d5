// The translation of what a page sends.

import type { AmbassadorError } from '../core/errors.ts';
import type { CallingPage } from './cors.ts';
import { readableHead } from './cors.ts';
import type { Translated, Translation, TranslationContext, WholeResponse } from './translation.ts';

/** Has the page read what the translation refuses or responds by itself. */
export class PageTranslation implements Translation {
  readonly #translation: Translation;
  readonly #page: CallingPage;

  /** @param translation of a `PageExchange` */
  constructor(translation: Translation, page: CallingPage) {
    this.#translation = translation;
    this.#page = page;
  }

  refusal(error: AmbassadorError): WholeResponse {
    return this.#readable(this.#translation.refusal(error));
  }

  async begin(): Promise<Translated> {
    const translated = await this.#translation.begin();
    if (translated.kind === 'exchange') return translated;
    return { kind: 'response', response: this.#readable(translated.response) };
  }

  #readable({ head, body }: WholeResponse): WholeResponse {
    return { head: readableHead(head, this.#page), body };
  }
}

/** A preflight request, to which no endpoint is asked. */
export class Preflight implements Translation {
  readonly #response: WholeResponse;
  readonly #context: TranslationContext;

  constructor(response: WholeResponse, context: TranslationContext) {
    this.#response = response;
    this.#context = context;
  }

  refusal(error: AmbassadorError): WholeResponse {
    return this.#context.problem(error);
  }

  async begin(): Promise<Translated> {
    return { kind: 'response', response: this.#response };
  }
}

// Exchanges that speak another protocol inside: the client's request becomes a request that the endpoint understands,
// and the response to that becomes a response that the client understands.

import type { AmbassadorError } from '../core/errors.ts';
import type { Exchange } from '../http/exchange.ts';
import type { ResponseHead } from '../http/message.ts';
import type { TranslatedApi } from './translated-api.ts';

/** A response that is at hand as a whole. */
export interface WholeResponse {
  readonly head: ResponseHead;
  readonly body: Buffer;
}

export interface TranslationContext {
  /** The client's path and query, without what named the service. */
  readonly path: string;
  /** Milliseconds that the client's own deadline leaves; undefined where it has none. */
  readonly patienceMs: number | undefined;
  /** The response to a fault as clients get it that speak plain HTTP: a problem document (RFC 9457). */
  readonly problem: (error: AmbassadorError) => WholeResponse;
}

/**
 * What the endpoint is to be sent, as if a client had sent it, and where its response goes. `head.target` is the path
 * for the endpoint. A response that breaks off is reported to its writer by `broken`, so that what the client gets
 * instead is in its own protocol.
 */
export interface TranslatedExchange extends Exchange {
  /** Whether the description says that it may be carried out twice, whatever the method of its request. */
  readonly idempotent: boolean;
  /** What the client was sent; undefined before. */
  readonly sent: ResponseHead | undefined;
  /** Called at most once: the response cannot be translated, and the rest of it is not wanted. */
  onFailed(listener: (error: AmbassadorError) => void): void;
}

/** What becomes of one request: it is passed on, or there is nothing to ask an endpoint. */
export type Translated =
  | { readonly kind: 'exchange'; readonly exchange: TranslatedExchange }
  | { readonly kind: 'response'; readonly response: WholeResponse };

/** The translation of one request. */
export interface Translation {
  /** The response to a fault, in the client's protocol. */
  refusal(error: AmbassadorError): WholeResponse;
  /**
   * Reads as much of the request as its translation needs.
   * @throws AmbassadorError when it cannot be translated
   */
  begin(): Promise<Translated>;
}

export interface Translator {
  /** What its clients may speak beside what its endpoints do, for people, such as `Connect`. */
  readonly clients: readonly string[];
  /** Undefined where nothing needs to be known of it. */
  readonly api: TranslatedApi | undefined;
  /** Undefined for a request that passes as it is. */
  translationOf(exchange: Exchange, context: TranslationContext): Translation | undefined;
  /** Ends what follows descriptions; requests under way finish as they began. */
  close(): void;
}

// The API of a translated service, as people read it.

import type { Json } from '../core/json.ts';
import type { Reason } from '../core/reasons.ts';
import type { Fields } from '../http/message.ts';
import type { FollowedDescription } from './service-description.ts';

export type MethodKind = 'unary' | 'client_streaming' | 'server_streaming' | 'bidi_streaming';

/** The request of HTTP that a method is. */
export interface ApiRoute {
  /** `*` for any. */
  readonly method: string;
  /** A template, such as `/v1/{name=shelves/*}`. */
  readonly path: string;
  /** The field that the content is; `*` for all that are not in the path, null where there is none. */
  readonly body: string | null;
}

export interface ApiMethod {
  /** `package.Service/Method`. */
  readonly name: string;
  readonly kind: MethodKind;
  /** The full name of the message that it takes. */
  readonly input: string;
  readonly output: string;
  /** Whether it may be carried out twice, as its description says. */
  readonly idempotent: boolean;
  readonly deprecated: boolean;
  /** Those of its google.api.http rule first. */
  readonly routes: readonly ApiRoute[];
}

/** What becomes of a request, without its content. */
export type ExplainedCall =
  | {
      readonly kind: 'call';
      /** `package.Service/Method`. */
      readonly method: string;
      readonly route: ApiRoute;
      /** Of the message, what path and query say, as JSON. */
      readonly message: Json;
    }
  | { readonly kind: 'refused'; readonly reason: Reason; readonly detail: string };

export interface ExplainableRequest {
  readonly method: string;
  /** With its query, without what named the service. */
  readonly path: string;
  readonly fields: Fields;
}

export interface TranslatedApi {
  readonly description: FollowedDescription;
  /** In the order of the descriptors; the same object until the description is another. Undefined until there is one. */
  readonly methods: readonly ApiMethod[] | undefined;
  /** What is wrong with google.api.http rules, which are left out: a sentence without its full stop each. */
  readonly ruleFaults: readonly string[];
  /** Undefined for a request that is not translated. */
  explain(request: ExplainableRequest): ExplainedCall | undefined;
  /**
   * An OpenAPI 3.1 document of the requests that the methods are; undefined until there is a description.
   * @param service as the ambassador calls it
   */
  openApi(service: string): Json | undefined;
}

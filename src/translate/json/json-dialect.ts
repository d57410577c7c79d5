// Clients that speak JSON: each request is that of the method whose google.api.http rule it matches.

import { AmbassadorError } from '../../core/errors.ts';
import type { Exchange } from '../../http/exchange.ts';
import { fieldValue } from '../../http/fields.ts';
import { isGrpc } from '../../http/grpc.ts';
import { isIdempotent } from '../../policy/retry/retry-decision.ts';
import { ClientResponse } from '../client-response.ts';
import { isIdempotentMethod, methodPath, streamsResponses } from '../described-method.ts';
import type { CallReceiver } from '../grpc-exchange.ts';
import { GrpcExchange } from '../grpc-exchange.ts';
import type { RouteMatch } from '../http-rule/route-table.ts';
import { askedTimeoutMs, requestMetadata } from '../metadata.ts';
import { responseText } from '../response-text.ts';
import type { DescribedRoutes, RoutedDescription } from '../routed-description.ts';
import type { Dialect } from '../service-translator.ts';
import type { TranslateOptions } from '../translate-options.ts';
import type { Translated, Translation, TranslationContext, WholeResponse } from '../translation.ts';
import { jsonContent } from './json-content.ts';
import { JSON_LINES, JsonStreamReceiver, SERVER_SENT_EVENTS } from './stream-receiver.ts';
import type { JsonReceiverParts } from './unary-receiver.ts';
import { UnaryJsonReceiver } from './unary-receiver.ts';

export type GrpcJsonOptions = NonNullable<TranslateOptions['grpcJson']>;

export function jsonDialect(options: GrpcJsonOptions, described: DescribedRoutes): Dialect {
  return {
    translationOf: (client, context) => {
      const { method, upgrade, fields } = client.head;
      if (method === 'CONNECT' || upgrade !== undefined || isGrpc(fields)) return undefined;
      return new JsonTranslation(client, context, options, described);
    },
  };
}

class JsonTranslation implements Translation {
  readonly #client: Exchange;
  readonly #context: TranslationContext;
  readonly #options: GrpcJsonOptions;
  readonly #described: DescribedRoutes;
  #allowed: readonly string[] = [];

  constructor(
    client: Exchange,
    context: TranslationContext,
    options: GrpcJsonOptions,
    described: DescribedRoutes,
  ) {
    this.#client = client;
    this.#context = context;
    this.#options = options;
    this.#described = described;
  }

  refusal(error: AmbassadorError): WholeResponse {
    const { head, body } = this.#context.problem(error);
    if (error.reason !== 'method_not_allowed') return { head, body };
    return { head: { ...head, fields: [...head.fields, 'allow', this.#allowed.join(', ')] }, body };
  }

  async begin(): Promise<Translated> {
    const { maxMessage, ignoreUnknownFields } = this.#options;
    const described = this.#described.current ?? (await this.#described.ready(this.#context.patienceMs));
    const [path = '', query = ''] = split(this.#context.path);
    const match = this.#matched(described, path);
    const { registry } = described.description;
    const body = await jsonContent(this.#client, match, { query, registry, ignoreUnknownFields, maxMessage });
    const response = new ClientResponse(this.#client);
    const { method, binding } = match;
    const { fields } = this.#client.head;
    const exchange = new GrpcExchange(this.#client, {
      path: methodPath(method),
      metadata: requestMetadata(fields, askedTimeoutMs(fields)),
      body,
      idempotent: isIdempotentMethod(method) || isIdempotent(this.#client.head.method, fields),
      maxMessage,
      response,
      receiver: this.#receiver(match, {
        response,
        registry,
        json: (message) => responseText(binding, message, registry),
        refusal: (error) => this.refusal(error),
      }),
    });
    return { kind: 'exchange', exchange };
  }

  #matched({ routes }: RoutedDescription, path: string): RouteMatch {
    const { method } = this.#client.head;
    // RFC 9110 §9.3.2: what GET would respond, without its content.
    const match = routes.match(method === 'HEAD' ? 'GET' : method, path);
    if (match !== undefined) return match;
    this.#allowed = routes.methodsAt(path);
    if (this.#allowed.length > 0) {
      throw new AmbassadorError(
        'method_not_allowed',
        `${path} of the service takes ${this.#allowed.join(', ')}, not ${method}.`,
      );
    }
    throw new AmbassadorError('unknown_method', `No method of the service has the path ${path}.`);
  }

  #receiver({ method }: RouteMatch, parts: JsonReceiverParts): CallReceiver {
    if (!streamsResponses(method)) return new UnaryJsonReceiver(parts);
    const accepted = fieldValue(this.#client.head.fields, 'accept');
    const format = accepted?.includes('text/event-stream') === true ? SERVER_SENT_EVENTS : JSON_LINES;
    return new JsonStreamReceiver(parts, format);
  }
}

function split(target: string): readonly string[] {
  const mark = target.indexOf('?');
  return mark === -1 ? [target] : [target.slice(0, mark), target.slice(mark + 1)];
}

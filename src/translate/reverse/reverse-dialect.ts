// Clients that speak gRPC, for endpoints that speak JSON: each call is the request of HTTP that the method's
// google.api.http rule says, the first one where there are several; without a rule `POST /package.Service/Method`.

import type { DescMethod, Message } from '@bufbuild/protobuf';
import { fromBinary } from '@bufbuild/protobuf';
import { AmbassadorError, messageOf } from '../../core/errors.ts';
import { callTimeoutMs, TIMEOUT_HEADER } from '../../http/deadline.ts';
import type { Exchange } from '../../http/exchange.ts';
import { fieldValue } from '../../http/fields.ts';
import { isGrpc, refusalFields } from '../../http/grpc.ts';
import type { Fields } from '../../http/message.ts';
import { isIdempotent } from '../../policy/retry/retry-decision.ts';
import { ClientResponse } from '../client-response.ts';
import { messageCoding } from '../content-coding.ts';
import { isIdempotentMethod, streamsRequests } from '../described-method.ts';
import { PREFIX_BYTES } from '../grpc-frames.ts';
import type { HttpRequest } from '../http-rule/http-request.ts';
import { httpRequest } from '../http-rule/http-request.ts';
import { jsonMessage } from '../json-message.ts';
import { readWhole, wholeBody } from '../request-content.ts';
import { requestMessages } from '../request-messages.ts';
import type { DescribedRoutes, RoutedDescription } from '../routed-description.ts';
import type { Dialect } from '../service-translator.ts';
import type { Translated, Translation, TranslationContext, WholeResponse } from '../translation.ts';
import { TranslationFault } from '../translation-fault.ts';
import { statusFields } from './json-status.ts';
import { ReverseExchange } from './reverse-exchange.ts';

/** @param maxMessage the most bytes of one message in either direction */
export function reverseDialect(maxMessage: number, described: DescribedRoutes): Dialect {
  return {
    translationOf: (client, context) =>
      isGrpc(client.head.fields) ? new ReverseTranslation(client, context, maxMessage, described) : undefined,
  };
}

class ReverseTranslation implements Translation {
  readonly #client: Exchange;
  readonly #context: TranslationContext;
  readonly #maxMessage: number;
  readonly #described: DescribedRoutes;

  constructor(client: Exchange, context: TranslationContext, maxMessage: number, described: DescribedRoutes) {
    this.#client = client;
    this.#context = context;
    this.#maxMessage = maxMessage;
    this.#described = described;
  }

  refusal(error: AmbassadorError): WholeResponse {
    const requestId = fieldValue(this.#context.problem(error).head.fields, 'x-request-id');
    const fields = refusalFields('application/grpc', error, requestId);
    return { head: { status: 200, reasonPhrase: '', fields }, body: Buffer.alloc(0) };
  }

  async begin(): Promise<Translated> {
    const { patienceMs, path } = this.#context;
    const described = this.#described.current ?? (await this.#described.ready(patienceMs));
    const { registry } = described.description;
    const method = methodAt(path, described);
    const binding = bindingOf(method, described);
    const message = await this.#message(method);
    const request = translated(() => httpRequest(binding, message, registry));
    const head = { method: request.method, target: request.path, fields: this.#fields(method, request) };
    const exchange = new ReverseExchange(
      this.#client,
      {
        head,
        body: request.body === undefined ? undefined : wholeBody(Buffer.from(request.body)),
        idempotent: isIdempotentMethod(method) || isIdempotent(request.method, head.fields),
      },
      {
        binding,
        maxMessage: this.#maxMessage,
        response: new ClientResponse(this.#client),
        message: (json) => jsonMessage(binding, json, registry),
        status: (status, content) => statusFields(status, content, registry),
        refusal: (error) => this.refusal(error),
      },
    );
    return { kind: 'exchange', exchange };
  }

  /** Metadata under its own names, but for what gRPC itself says. */
  #fields({ methodKind }: DescMethod, { body }: HttpRequest): Fields {
    const { fields } = this.#client.head;
    const sent: string[] = [];
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const name = (fields[i] as string).toLowerCase();
      if (!OF_GRPC.has(name) && !name.startsWith('grpc-'))
        sent.push(fields[i] as string, fields[i + 1] as string);
    }
    sent.push('accept', methodKind === 'server_streaming' ? 'application/x-ndjson' : 'application/json');
    if (body !== undefined) {
      sent.push('content-type', 'application/json', 'content-length', String(Buffer.byteLength(body)));
    }
    const timeoutMs = callTimeoutMs(fields, 0);
    if (timeoutMs > 0) sent.push(TIMEOUT_HEADER, String(Math.ceil(timeoutMs)));
    return sent;
  }

  async #message(method: DescMethod): Promise<Message> {
    const maxMessage = this.#maxMessage;
    const coding = messageCoding(fieldValue(this.#client.head.fields, 'grpc-encoding'));
    const content = await readWhole(this.#client, PREFIX_BYTES + maxMessage);
    const messages = requestMessages(content, { protocol: 'gRPC', maxMessage, coding });
    const [message] = messages;
    if (message === undefined || messages.length > 1) {
      throw new AmbassadorError(
        'untranslatable_request',
        `The call has ${messages.length} messages, and the method takes one.`,
      );
    }
    try {
      return fromBinary(method.input, message);
    } catch (error) {
      const detail = `The message is not a valid ${method.input.typeName}: ${messageOf(error)}.`;
      throw new AmbassadorError('untranslatable_request', detail, { cause: error });
    }
  }
}

/** Fields of the call that say nothing to the service. */
const OF_GRPC: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'content-encoding',
  'content-length',
  'content-type',
  'te',
  'trailer',
  TIMEOUT_HEADER,
]);

function methodAt(path: string, { methods }: RoutedDescription): DescMethod {
  const method = methods.get(path);
  if (method === undefined) {
    throw new AmbassadorError('unknown_method', `The descriptors of the service have no method ${path}.`);
  }
  if (streamsRequests(method)) {
    const detail = `${path} streams requests, which no request of JSON is.`;
    throw new AmbassadorError('not_implemented', detail);
  }
  return method;
}

/** Those of rules stand before the one that every method has. */
function bindingOf(method: DescMethod, { routes }: RoutedDescription) {
  const binding = routes.bindings.find((each) => each.method === method);
  if (binding !== undefined) return binding;
  throw new AmbassadorError('unknown_method', `No request of HTTP is described for ${method.name}.`);
}

function translated<Result>(act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof TranslationFault)) throw error;
    throw new AmbassadorError(
      'untranslatable_request',
      `The message makes no valid HTTP request: ${error.message}.`,
      {
        cause: error,
      },
    );
  }
}

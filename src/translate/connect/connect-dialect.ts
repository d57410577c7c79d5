// Clients that speak the Connect protocol: unary calls, calls by GET, and streams.

import type { DescMethod } from '@bufbuild/protobuf';
import { AmbassadorError } from '../../core/errors.ts';
import type { Body } from '../../http/body.ts';
import type { Exchange } from '../../http/exchange.ts';
import { ClientResponse } from '../client-response.ts';
import type { Coding } from '../content-coding.ts';
import { decodedContent, messageCoding } from '../content-coding.ts';
import { hasNoSideEffects, isIdempotentMethod } from '../described-method.ts';
import { GrpcExchange } from '../grpc-exchange.ts';
import { FrameFault, FrameReader } from '../grpc-frames.ts';
import { requestMetadata } from '../metadata.ts';
import { readWhole, wholeBody } from '../request-content.ts';
import type { DescribedRoutes } from '../routed-description.ts';
import type { Dialect } from '../service-translator.ts';
import type { ContentTranslator } from '../translated-body.ts';
import { TranslatedBody } from '../translated-body.ts';
import type { Translated, Translation, TranslationContext, WholeResponse } from '../translation.ts';
import type { Codec, CodecName, CodecOptions } from './connect-codec.ts';
import { codecOf } from './connect-codec.ts';
import { endOf, refusalFields } from './connect-error.ts';
import type { ConnectRequest } from './connect-request.ts';
import { connectRequest, connectTimeoutMs } from './connect-request.ts';
import { ConnectStreamReceiver, streamError } from './connect-stream-receiver.ts';
import { ConnectUnaryReceiver, unaryError } from './connect-unary-receiver.ts';

export type ConnectOptions = Pick<CodecOptions, 'ignoreUnknownFields' | 'maxMessage'>;

export function connectDialect(options: ConnectOptions, described: DescribedRoutes): Dialect {
  return {
    translationOf: (client, context) => {
      const request = connectRequest(client.head, context.path);
      return request && new ConnectTranslation(client, context, request, options, described);
    },
  };
}

class ConnectTranslation implements Translation {
  readonly #client: Exchange;
  readonly #context: TranslationContext;
  readonly #request: ConnectRequest;
  readonly #options: ConnectOptions;
  readonly #described: DescribedRoutes;

  constructor(
    client: Exchange,
    context: TranslationContext,
    request: ConnectRequest,
    options: ConnectOptions,
    described: DescribedRoutes,
  ) {
    this.#client = client;
    this.#context = context;
    this.#request = request;
    this.#options = options;
    this.#described = described;
  }

  refusal(error: AmbassadorError): WholeResponse {
    const fields = refusalFields(this.#context.problem(error));
    const request = this.#request;
    if (request.kind === 'stream') return streamError(endOf(error), { name: request.codec }, fields);
    if (error.reason === 'method_not_allowed') fields.push('allow', 'POST');
    const refused = unaryError(endOf(error), fields);
    // Only POST can call a method that has effects (RFC 9110 §15.5.6).
    return error.reason === 'method_not_allowed'
      ? { ...refused, head: { ...refused.head, status: 405 } }
      : refused;
  }

  async begin(): Promise<Translated> {
    const request = this.#request;
    if (request.kind === 'faulty') {
      throw new AmbassadorError(
        'untranslatable_request',
        `The request is not one of Connect: ${request.fault}.`,
      );
    }
    const { description, methods } =
      this.#described.current ?? (await this.#described.ready(this.#context.patienceMs));
    const method = methods.get(request.path);
    checkMethod(method, request);
    const { registry } = description;
    const codec = codecOf(request.codec, { method, registry, ...this.#options });
    const response = new ClientResponse(this.#client);
    const parts = { response, codec, refusal: (error: AmbassadorError) => this.refusal(error) };
    const { head } = this.#client;
    const exchange = new GrpcExchange(this.#client, {
      path: request.path,
      metadata: requestMetadata(head.fields, connectTimeoutMs(head)),
      body: await this.#body(request, codec),
      idempotent: isIdempotentMethod(method),
      maxMessage: this.#options.maxMessage,
      response,
      receiver:
        request.kind === 'stream' ? new ConnectStreamReceiver(parts) : new ConnectUnaryReceiver(parts),
    });
    return { kind: 'exchange', exchange };
  }

  async #body(request: Exclude<ConnectRequest, { kind: 'faulty' }>, codec: Codec): Promise<Body> {
    const { maxMessage } = this.#options;
    const coding = messageCoding(request.compression);
    if (request.kind !== 'stream') {
      const message = request.kind === 'get' ? request.message : await readWhole(this.#client, maxMessage);
      return wholeBody(codec.request(decodedContent(message, coding, maxMessage)));
    }
    const content = new StreamContent(codec, maxMessage, coding);
    const { body } = this.#client;
    if (body === undefined) return wholeBody(Buffer.alloc(0));
    if (body.whole === undefined) return new TranslatedBody(body, content, faultOf);
    try {
      return wholeBody(Buffer.concat([content.push(body.whole), content.end()]));
    } catch (error) {
      const { reason, detail } = faultOf(error);
      throw new AmbassadorError(reason, `${detail}.`);
    }
  }
}

function checkMethod(
  method: DescMethod | undefined,
  { kind, path }: { readonly kind: string; readonly path: string; readonly codec: CodecName },
): asserts method is DescMethod {
  if (method === undefined) {
    throw new AmbassadorError('unknown_method', `The service has no method with the path ${path}.`);
  }
  if (kind === 'get' && !hasNoSideEffects(method)) {
    throw new AmbassadorError(
      'method_not_allowed',
      `${path} is called by POST: its description does not say that it has no side effects.`,
    );
  }
  if (kind !== 'stream' && method.methodKind !== 'unary') {
    throw new AmbassadorError(
      'untranslatable_request',
      `${path} is a stream: its content type is application/connect+json or application/connect+proto.`,
    );
  }
}

/** Enveloped messages, which are framed as those of gRPC are. */
class StreamContent implements ContentTranslator {
  readonly #reader: FrameReader;
  #frames: Buffer[] = [];

  constructor(codec: Codec, maxMessage: number, coding: Coding) {
    const take = (message: Buffer) => this.#frames.push(codec.request(message));
    this.#reader = new FrameReader(maxMessage, take, coding);
  }

  push(chunk: Buffer): Buffer {
    this.#reader.push(chunk);
    const frames = this.#frames;
    this.#frames = [];
    return Buffer.concat(frames);
  }

  end(): Buffer {
    this.#reader.end();
    return Buffer.alloc(0);
  }
}

function faultOf(error: unknown) {
  if (error instanceof FrameFault) {
    const reason = error.tooLarge ? ('message_too_large' as const) : ('untranslatable_request' as const);
    return { reason, detail: error.message };
  }
  const { reason, message } = AmbassadorError.from(error);
  return { reason, detail: message.replace(/\.$/, '') };
}

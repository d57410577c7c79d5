// Clients that speak gRPC-Web, for endpoints that speak gRPC: unary calls and server streaming, without a description,
// since messages pass as they are. Source: grpc/grpc, doc/PROTOCOL-WEB.md.

import { AmbassadorError } from '../../core/errors.ts';
import type { Exchange } from '../../http/exchange.ts';
import { fieldValue, withField } from '../../http/fields.ts';
import type { Fields } from '../../http/message.ts';
import { ClientResponse } from '../client-response.ts';
import { GrpcExchange } from '../grpc-exchange.ts';
import { FrameFault, FrameReader, PREFIX_BYTES } from '../grpc-frames.ts';
import { requestMetadata } from '../metadata.ts';
import { readWhole, wholeBody } from '../request-content.ts';
import type { Dialect } from '../service-translator.ts';
import type { Translated, Translation, TranslationContext, WholeResponse } from '../translation.ts';
import type { GrpcWebTypes } from './content-types.ts';
import { grpcWebTypes } from './content-types.ts';
import { GrpcWebResponse, grpcWebRefusal } from './grpc-web-response.ts';
import { decodedText, textLength } from './text-content.ts';

/** Says to servers that also speak gRPC-Web which protocol it is; here it is over. */
const OWN_FIELD = 'x-grpc-web';

export class GrpcWebDialect implements Dialect {
  readonly #maxMessage: number;

  /** @param maxMessage the most bytes of one message in either direction */
  constructor(maxMessage: number) {
    this.#maxMessage = maxMessage;
  }

  translationOf(exchange: Exchange, context: TranslationContext): Translation | undefined {
    const { method, fields } = exchange.head;
    if (method !== 'POST') return undefined;
    const types = grpcWebTypes(fields);
    return types === undefined
      ? undefined
      : new GrpcWebTranslation(exchange, context, types, this.#maxMessage);
  }
}

class GrpcWebTranslation implements Translation {
  readonly #client: Exchange;
  readonly #context: TranslationContext;
  readonly #types: GrpcWebTypes;
  readonly #maxMessage: number;

  constructor(client: Exchange, context: TranslationContext, types: GrpcWebTypes, maxMessage: number) {
    this.#client = client;
    this.#context = context;
    this.#types = types;
    this.#maxMessage = maxMessage;
  }

  refusal(error: AmbassadorError): WholeResponse {
    return grpcWebRefusal(error, this.#types, this.#context.problem(error));
  }

  async begin(): Promise<Translated> {
    const { fields } = this.#client.head;
    refuseCompression(fields);
    const response = new ClientResponse(this.#client);
    const exchange = new GrpcExchange(this.#client, {
      path: this.#context.path,
      metadata: this.#metadata(),
      body: wholeBody(await this.#content()),
      idempotent: false,
      maxMessage: this.#maxMessage,
      response,
      receiver: new GrpcWebResponse(response, this.#types, (error) => this.refusal(error)),
    });
    return { kind: 'exchange', exchange };
  }

  #metadata(): Fields {
    const { patienceMs } = this.#context;
    const metadata = requestMetadata(
      this.#client.head.fields.filter((_, at, fields) => fields[at - (at % 2)]?.toLowerCase() !== OWN_FIELD),
      patienceMs,
    );
    return withField(metadata, 'content-type', this.#types.endpoint);
  }

  /** Checked before an endpoint is asked, and bounded: a call has one message here. */
  async #content(): Promise<Buffer> {
    const mostBytes = PREFIX_BYTES + this.#maxMessage;
    const { requestIsText } = this.#types;
    const received = await readWhole(this.#client, requestIsText ? textLength(mostBytes) : mostBytes);
    const content = requestIsText ? decodedText(received) : received;
    if (content === undefined) throw untranslatable('its content is not base64');
    const reader = new FrameReader(this.#maxMessage, (_, flags) => {
      if (flags !== 0) throw new FrameFault('it has a frame that is no message');
    });
    try {
      reader.push(content);
      reader.end();
    } catch (error) {
      if (error instanceof FrameFault) throw untranslatable(error.message);
      throw error;
    }
    return content;
  }
}

/** Browsers have no way to compress messages, so that the protocol has none. */
function refuseCompression(fields: Fields): void {
  for (const name of ['grpc-encoding', 'content-encoding']) {
    const coding = fieldValue(fields, name);
    if (coding === undefined || coding === 'identity') continue;
    throw new AmbassadorError(
      'not_implemented',
      `The content of the call is compressed (${name}: ${coding}), which gRPC-Web does not know here; send it as it is.`,
    );
  }
}

function untranslatable(fault: string): AmbassadorError {
  return new AmbassadorError('untranslatable_request', `The request is not gRPC-Web: ${fault}.`);
}

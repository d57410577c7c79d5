// Clients that speak gRPC-Web, for endpoints that speak gRPC: unary calls and server streaming, without a description,
// since messages pass as they are. Source: grpc/grpc, doc/PROTOCOL-WEB.md.

import { AmbassadorError } from '../../core/errors.ts';
import type { Exchange } from '../../http/exchange.ts';
import { fieldValue, withField } from '../../http/fields.ts';
import type { Fields } from '../../http/message.ts';
import { ClientResponse } from '../client-response.ts';
import { decodedContent, messageCoding } from '../content-coding.ts';
import { GrpcExchange } from '../grpc-exchange.ts';
import { frame, PREFIX_BYTES } from '../grpc-frames.ts';
import { requestMetadata } from '../metadata.ts';
import { readWhole, wholeBody } from '../request-content.ts';
import { requestMessages } from '../request-messages.ts';
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
    const maxMessage = this.#maxMessage;
    const mostBytes = PREFIX_BYTES + maxMessage;
    const { requestIsText } = this.#types;
    const most = requestIsText ? textLength(mostBytes) : mostBytes;
    const { fields } = this.#client.head;
    const coding = messageCoding(fieldValue(fields, 'grpc-encoding'));
    const contentCoding = messageCoding(fieldValue(fields, 'content-encoding'));
    const received = decodedContent(await readWhole(this.#client, most), contentCoding, most);
    const content = requestIsText ? decodedText(received) : received;
    if (content === undefined) throw untranslatable('its content is not base64');
    const messages = requestMessages(content, { protocol: 'gRPC-Web', maxMessage, coding });
    return coding === 'identity' ? content : Buffer.concat(messages.map((message) => frame(message)));
  }
}

function untranslatable(fault: string): AmbassadorError {
  return new AmbassadorError('untranslatable_request', `The request is not gRPC-Web: ${fault}.`);
}

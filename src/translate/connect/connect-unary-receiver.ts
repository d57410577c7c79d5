// One message for a client of the Connect protocol.

import type { AmbassadorError } from '../../core/errors.ts';
import { httpStatusOfGrpc } from '../../core/grpc-status.ts';
import type { Fields } from '../../http/message.ts';
import type { ClientResponse } from '../client-response.ts';
import type { CallReceiver } from '../grpc-exchange.ts';
import type { GrpcEnd } from '../metadata.ts';
import { responseFields } from '../metadata.ts';
import { OnlyMessage } from '../only-message.ts';
import type { WholeResponse } from '../translation.ts';
import type { Codec } from './connect-codec.ts';
import { connectError } from './connect-error.ts';

export interface ConnectReceiverParts {
  readonly response: ClientResponse;
  readonly codec: Codec;
  readonly refusal: (error: AmbassadorError) => WholeResponse;
}

export class ConnectUnaryReceiver implements CallReceiver {
  readonly #parts: ConnectReceiverParts;
  #metadata: readonly string[] = [];
  readonly #message = new OnlyMessage<Buffer>();

  constructor(parts: ConnectReceiverParts) {
    this.#parts = parts;
  }

  begun(metadata: Fields): void {
    this.#metadata = responseFields(metadata);
  }

  message(message: Buffer): boolean {
    this.#message.set(this.#parts.codec.response(message));
    return true;
  }

  /** The status of the response stands behind the message. */
  flush(): void {}

  ended(end: GrpcEnd): void {
    const { response, codec } = this.#parts;
    if (end.code !== 0) {
      response.whole(unaryError(end, this.#metadata));
      return;
    }
    response.whole(whole(200, `application/${codec.name}`, this.#message.get(), end, this.#metadata));
  }

  failed(error: AmbassadorError): void {
    this.#parts.response.whole(this.#parts.refusal(error));
  }
}

/** @param fields beside those of the content */
export function unaryError(end: GrpcEnd, fields: readonly string[]): WholeResponse {
  const body = Buffer.from(JSON.stringify(connectError(end)));
  return whole(httpStatusOfGrpc(end.code), 'application/json', body, end, fields);
}

function whole(
  status: number,
  type: string,
  body: Buffer,
  end: GrpcEnd,
  fields: readonly string[],
): WholeResponse {
  const trailers = responseFields(end.metadata).map((text, i) => (i % 2 === 0 ? `trailer-${text}` : text));
  return {
    head: {
      status,
      reasonPhrase: '',
      fields: [...fields, ...trailers, 'content-type', type, 'content-length', String(body.length)],
    },
    body,
  };
}

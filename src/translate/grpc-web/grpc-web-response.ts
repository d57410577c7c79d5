// What a call brings, as gRPC-Web: messages as gRPC frames them, and the trailers in a frame of their own at the end.
// Source: grpc/grpc, doc/PROTOCOL-WEB.md ("Message framing").

import type { AmbassadorError } from '../../core/errors.ts';
import { fieldValue } from '../../http/fields.ts';
import { refusalFields, refusalTrailers } from '../../http/grpc.ts';
import type { Fields } from '../../http/message.ts';
import type { ClientResponse } from '../client-response.ts';
import type { CallReceiver } from '../grpc-exchange.ts';
import { frame, TRAILERS_FLAG } from '../grpc-frames.ts';
import type { GrpcEnd } from '../metadata.ts';
import { responseFields } from '../metadata.ts';
import type { WholeResponse } from '../translation.ts';
import type { GrpcWebTypes } from './content-types.ts';
import { encodedText } from './text-content.ts';

const OK_STATUS = 200;
const NO_BODY = Buffer.alloc(0);

/** What the protocol's own trailers are called. */
const STATUS_FIELDS = ['grpc-status', 'grpc-message', 'grpc-status-details-bin'];

export class GrpcWebResponse implements CallReceiver {
  readonly #response: ClientResponse;
  readonly #types: GrpcWebTypes;
  readonly #refusal: (error: AmbassadorError) => WholeResponse;

  constructor(
    response: ClientResponse,
    types: GrpcWebTypes,
    refusal: (error: AmbassadorError) => WholeResponse,
  ) {
    this.#response = response;
    this.#types = types;
    this.#refusal = refusal;
  }

  begun(metadata: Fields): void {
    this.#response.begin(this.#head(responseFields(metadata)));
  }

  message(message: Buffer): boolean {
    return this.#send(frame(message));
  }

  flush(): void {}

  ended({ metadata }: GrpcEnd): void {
    const trailers = [...statusFields(metadata), ...responseFields(metadata)];
    if (this.#response.sent === undefined) {
      this.#response.whole({ head: this.#head(trailers), body: NO_BODY });
      return;
    }
    this.#sendTrailers(trailers);
  }

  failed(error: AmbassadorError): void {
    if (this.#response.sent === undefined) this.#response.whole(this.#refusal(error));
    else this.#sendTrailers(refusalTrailers(error));
  }

  #head(fields: Fields): { status: number; reasonPhrase: string; fields: Fields } {
    return { status: OK_STATUS, reasonPhrase: '', fields: ['content-type', this.#types.response, ...fields] };
  }

  #sendTrailers(trailers: Fields): void {
    this.#send(frame(headerBlock(trailers), TRAILERS_FLAG));
    this.#response.end([]);
  }

  #send(bytes: Buffer): boolean {
    return this.#response.data(this.#types.responseIsText ? encodedText(bytes) : bytes);
  }
}

/**
 * A response that is its trailers alone, which stand in its head then.
 * @param problem the same fault for clients of plain HTTP, which names the request
 */
export function grpcWebRefusal(
  error: AmbassadorError,
  types: GrpcWebTypes,
  problem: WholeResponse,
): WholeResponse {
  const requestId = fieldValue(problem.head.fields, 'x-request-id');
  const fields = refusalFields(types.response, error, requestId);
  return { head: { status: OK_STATUS, reasonPhrase: '', fields }, body: NO_BODY };
}

function statusFields(metadata: Fields): string[] {
  return STATUS_FIELDS.flatMap((name) => {
    const value = fieldValue(metadata, name);
    return value === undefined ? [] : [name, value];
  });
}

/** Lines of a head of HTTP/1.1 without the empty one at its end. */
function headerBlock(fields: Fields): Buffer {
  let block = '';
  for (let i = 0; i + 1 < fields.length; i += 2) block += `${fields[i]}: ${fields[i + 1]}\r\n`;
  return Buffer.from(block, 'latin1');
}

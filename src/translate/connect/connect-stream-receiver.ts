// Messages for a client of the Connect protocol's streams: each behind its length, and what the call came to behind
// them, whatever that is, with the status 200.

import type { AmbassadorError } from '../../core/errors.ts';
import type { Fields } from '../../http/message.ts';
import type { CallReceiver } from '../grpc-exchange.ts';
import { frame } from '../grpc-frames.ts';
import type { GrpcEnd } from '../metadata.ts';
import { responseFields } from '../metadata.ts';
import type { WholeResponse } from '../translation.ts';
import type { Codec, CodecName } from './connect-codec.ts';
import { connectError, endOf, metadataJson } from './connect-error.ts';
import type { ConnectReceiverParts } from './connect-unary-receiver.ts';

const END_OF_STREAM = 0x02;

export class ConnectStreamReceiver implements CallReceiver {
  readonly #parts: ConnectReceiverParts;
  #metadata: readonly string[] = [];

  constructor(parts: ConnectReceiverParts) {
    this.#parts = parts;
  }

  begun(metadata: Fields): void {
    this.#metadata = responseFields(metadata);
  }

  message(message: Buffer): boolean {
    const encoded = this.#parts.codec.response(message);
    this.#begin();
    return this.#parts.response.data(frame(encoded));
  }

  flush(): void {
    this.#begin();
  }

  ended(end: GrpcEnd): void {
    this.#begin();
    this.#parts.response.data(endFrame(end));
    this.#parts.response.end([]);
  }

  failed(error: AmbassadorError): void {
    if (this.#parts.response.sent === undefined) this.#parts.response.whole(this.#parts.refusal(error));
    else this.ended(endOf(error));
  }

  #begin(): void {
    const { response, codec } = this.#parts;
    if (response.sent !== undefined) return;
    response.begin(streamHead(codec, this.#metadata));
  }
}

/** @param fields beside the content's */
export function streamError(
  end: GrpcEnd,
  codec: { readonly name: CodecName },
  fields: readonly string[],
): WholeResponse {
  return { head: streamHead(codec, fields), body: endFrame(end) };
}

function streamHead({ name }: Pick<Codec, 'name'>, fields: readonly string[]): WholeResponse['head'] {
  return {
    status: 200,
    reasonPhrase: '',
    fields: [...fields, 'content-type', `application/connect+${name}`],
  };
}

function endFrame(end: GrpcEnd): Buffer {
  const metadata = responseFields(end.metadata);
  const json = {
    ...(end.code === 0 ? {} : { error: connectError(end) }),
    ...(metadata.length === 0 ? {} : { metadata: metadataJson(metadata) }),
  };
  return frame(Buffer.from(JSON.stringify(json)), END_OF_STREAM);
}

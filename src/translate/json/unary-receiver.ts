// One message for the client, as JSON.

import type { Registry } from '@bufbuild/protobuf';
import type { AmbassadorError } from '../../core/errors.ts';
import type { Fields } from '../../http/message.ts';
import type { ClientResponse } from '../client-response.ts';
import type { CallReceiver } from '../grpc-exchange.ts';
import type { GrpcEnd } from '../metadata.ts';
import { responseFields } from '../metadata.ts';
import { OnlyMessage } from '../only-message.ts';
import type { WholeResponse } from '../translation.ts';
import { problemOf } from './json-problem.ts';

export interface JsonReceiverParts {
  readonly response: ClientResponse;
  readonly registry: Registry;
  /** @throws AmbassadorError */
  readonly json: (message: Buffer) => string;
  readonly refusal: (error: AmbassadorError) => WholeResponse;
}

export class UnaryJsonReceiver implements CallReceiver {
  readonly #parts: JsonReceiverParts;
  #metadata: readonly string[] = [];
  readonly #json = new OnlyMessage<string>();

  constructor(parts: JsonReceiverParts) {
    this.#parts = parts;
  }

  begun(metadata: Fields): void {
    this.#metadata = responseFields(metadata);
  }

  message(message: Buffer): boolean {
    this.#json.set(this.#parts.json(message));
    return true;
  }

  /** The status of the response stands behind the message. */
  flush(): void {}

  ended(end: GrpcEnd): void {
    const { response, registry } = this.#parts;
    if (end.code !== 0) {
      response.whole(problemOf(end, this.#metadata, registry));
      return;
    }
    const body = Buffer.from(this.#json.get());
    const fields = [
      ...this.#metadata,
      ...responseFields(end.metadata),
      'content-type',
      'application/json',
      'content-length',
      String(body.length),
    ];
    response.whole({ head: { status: 200, reasonPhrase: '', fields }, body });
  }

  failed(error: AmbassadorError): void {
    this.#parts.response.whole(this.#parts.refusal(error));
  }
}

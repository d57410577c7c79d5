// The response of an HTTP service, as gRPC: one message, a line a message, or the status of a failure.

import type { Message } from '@bufbuild/protobuf';
import { toBinary } from '@bufbuild/protobuf';
import { AmbassadorError } from '../../core/errors.ts';
import type { StreamFault } from '../../http/body.ts';
import type { ResponseWriter } from '../../http/exchange.ts';
import { refusalTrailers } from '../../http/grpc.ts';
import type { Fields, ResponseHead } from '../../http/message.ts';
import type { ClientResponse } from '../client-response.ts';
import { frame } from '../grpc-frames.ts';
import type { Binding } from '../http-rule/binding.ts';
import { LineReader, LineTooLong } from '../message-lines.ts';
import { responseFields } from '../metadata.ts';
import type { WholeResponse } from '../translation.ts';
import { TranslationFault } from '../translation-fault.ts';

const NO_BODY = Buffer.alloc(0);

export interface ReverseResponseParts {
  readonly binding: Binding;
  readonly maxMessage: number;
  readonly response: ClientResponse;
  /**
   * A message of the response.
   * @throws TranslationFault
   */
  readonly message: (json: string) => Message;
  /** The trailers of a call that the endpoint refused. */
  readonly status: (httpStatus: number, content: Buffer) => string[];
  readonly refusal: (error: AmbassadorError) => WholeResponse;
}

export class ReverseResponse implements ResponseWriter {
  readonly #head: ResponseHead;
  readonly #parts: ReverseResponseParts;
  readonly #onFailed: (error: AmbassadorError) => void;
  /** Of a method with several messages, when it succeeds. */
  readonly #lines: LineReader | undefined;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #wantsMore = true;
  #over = false;

  constructor(head: ResponseHead, parts: ReverseResponseParts, onFailed: (error: AmbassadorError) => void) {
    this.#head = head;
    this.#parts = parts;
    this.#onFailed = onFailed;
    if (!this.#succeeded || parts.binding.method.methodKind !== 'server_streaming') return;
    this.#lines = new LineReader(parts.maxMessage, (line) => {
      if (!this.#send(line)) this.#wantsMore = false;
    });
    parts.response.begin(this.#grpcHead([]));
  }

  data(chunk: Buffer): boolean {
    if (this.#over) return true;
    this.#wantsMore = true;
    this.#attempt(() => {
      if (this.#lines !== undefined) {
        this.#lines.push(chunk);
        return;
      }
      this.#bytes += chunk.length;
      if (this.#bytes > this.#parts.maxMessage) throw new LineTooLong('it is too large');
      this.#chunks.push(chunk);
    });
    return this.#wantsMore;
  }

  end(_trailers: Fields): void {
    if (this.#over) return;
    this.#attempt(() => {
      if (this.#lines !== undefined) this.#lines.end();
      else this.#whole(Buffer.concat(this.#chunks));
      if (this.#succeeded) this.#parts.response.end(['grpc-status', '0']);
      this.#over = true;
    });
  }

  broken({ reason, detail }: StreamFault): void {
    if (this.#over) return;
    this.#over = true;
    this.#refuse(new AmbassadorError(reason, `The response of the endpoint broke off: ${detail}.`));
  }

  onDrain(listener: () => void): void {
    this.#parts.response.onDrain(listener);
  }

  flush(): void {
    this.#parts.response.flush();
  }

  get taken(): boolean {
    return this.#parts.response.taken;
  }

  onTaken(listener: (whole: boolean) => void): void {
    this.#parts.response.onTaken(listener);
  }

  get #succeeded(): boolean {
    return this.#head.status >= 200 && this.#head.status < 300;
  }

  /** The one message, or the status of a call that failed. */
  #whole(content: Buffer): void {
    const { response, status } = this.#parts;
    if (!this.#succeeded) {
      response.whole({ head: this.#grpcHead(status(this.#head.status, content)), body: NO_BODY });
      return;
    }
    const message = this.#encoded(content);
    response.begin(this.#grpcHead([]));
    response.data(frame(message));
  }

  #send(line: Buffer): boolean {
    return this.#parts.response.data(frame(this.#encoded(line)));
  }

  /** No content at all is a message without fields, as of 204. */
  #encoded(json: Buffer): Uint8Array {
    const { binding, message } = this.#parts;
    return toBinary(binding.method.output, message(json.length === 0 ? '{}' : json.toString('utf8')));
  }

  #grpcHead(trailers: Fields): ResponseHead {
    const fields = ['content-type', 'application/grpc', ...responseFields(this.#head.fields), ...trailers];
    return { status: 200, reasonPhrase: '', fields };
  }

  #attempt(act: () => void): void {
    try {
      act();
    } catch (thrown) {
      const error = this.#untranslatable(thrown);
      this.#over = true;
      this.#refuse(error);
      this.#onFailed(error);
    }
  }

  #refuse(error: AmbassadorError): void {
    const { response, refusal } = this.#parts;
    if (response.sent === undefined) response.whole(refusal(error));
    else response.end(refusalTrailers(error));
  }

  #untranslatable(thrown: unknown): AmbassadorError {
    const { binding, maxMessage } = this.#parts;
    if (thrown instanceof LineTooLong) {
      return new AmbassadorError(
        'untranslatable_response',
        `A message of the endpoint is larger than ${maxMessage} bytes, which maxMessage of translate allows.`,
      );
    }
    if (!(thrown instanceof TranslationFault)) return AmbassadorError.from(thrown);
    return new AmbassadorError(
      'untranslatable_response',
      `The response of the endpoint is not a valid ${binding.method.output.typeName}: ${thrown.message}.`,
      { cause: thrown },
    );
  }
}

// A call of a gRPC method on behalf of a client that speaks something else.

import { AmbassadorError } from '../core/errors.ts';
import type { Body, StreamFault } from '../http/body.ts';
import type { ClientTunnel, Exchange, ResponseWriter } from '../http/exchange.ts';
import { isGrpc } from '../http/grpc.ts';
import type { Fields, RequestHead, ResponseHead } from '../http/message.ts';
import { WrappedExchange } from '../http/wrapped-exchange.ts';
import type { ConnectionStream } from '../net/connection-stream.ts';
import type { ClientResponse } from './client-response.ts';
import { FrameFault, FrameReader } from './grpc-frames.ts';
import type { GrpcEnd } from './metadata.ts';
import { grpcEnd } from './metadata.ts';
import type { TranslatedExchange } from './translation.ts';

const OK_STATUS = 200;

/** Gives the client what a call brings, in the client's protocol. Nothing is called after `ended` or `failed`. */
export interface CallReceiver {
  /** The metadata before the messages; not called when the call ended before it. */
  begun(metadata: Fields): void;
  /**
   * @param message encoded
   * @returns false when the client should be waited for
   * @throws AmbassadorError when it cannot be translated
   */
  message(message: Buffer): boolean;
  /** More may take long. */
  flush(): void;
  ended(end: GrpcEnd): void;
  /** The call will never be whole. */
  failed(error: AmbassadorError): void;
}

export interface GrpcCall {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** With content type and TE. */
  readonly metadata: Fields;
  readonly body: Body;
  readonly idempotent: boolean;
  readonly maxMessage: number;
  readonly response: ClientResponse;
  readonly receiver: CallReceiver;
}

export class GrpcExchange extends WrappedExchange implements TranslatedExchange {
  readonly head: RequestHead;
  readonly body: Body;
  readonly idempotent: boolean;
  readonly #call: GrpcCall;
  #onFailed: ((error: AmbassadorError) => void) | undefined;

  constructor(client: Exchange, call: GrpcCall) {
    super(client);
    const { scheme, authority, version, expectation } = client.head;
    this.#call = call;
    this.body = call.body;
    this.idempotent = call.idempotent;
    this.head = {
      method: 'POST',
      scheme,
      authority,
      target: call.path,
      version,
      upgrade: undefined,
      // Content at hand is waited for no more.
      expectation: call.body.whole === undefined ? expectation : undefined,
      fields: call.metadata,
    };
  }

  get sent(): ResponseHead | undefined {
    return this.#call.response.sent;
  }

  onFailed(listener: (error: AmbassadorError) => void): void {
    this.#onFailed = listener;
  }

  respond(head: ResponseHead): ResponseWriter {
    return new GrpcResponse(head, this.#call, (error) => this.#onFailed?.(error));
  }

  override tunnel(): ConnectionStream {
    throw new Error('a call of a method switches no protocol');
  }

  override lookInside(_tunnel: ClientTunnel): void {
    throw new Error('a call of a method is no CONNECT');
  }
}

/** Takes the response of the endpoint. */
class GrpcResponse implements ResponseWriter {
  readonly #call: GrpcCall;
  readonly #reader: FrameReader;
  /** What a response says that is its trailers alone. */
  readonly #endInHead: GrpcEnd | undefined;
  readonly #onFailed: (error: AmbassadorError) => void;
  #wantsMore = true;
  #over = false;

  constructor({ status, fields }: ResponseHead, call: GrpcCall, onFailed: (error: AmbassadorError) => void) {
    this.#call = call;
    this.#onFailed = onFailed;
    this.#reader = new FrameReader(call.maxMessage, (message) => {
      if (!call.receiver.message(message)) this.#wantsMore = false;
    });
    this.#endInHead = grpcEnd(fields);
    if (this.#endInHead !== undefined) return;
    if (status !== OK_STATUS || !isGrpc(fields)) {
      const type = typeOf(fields);
      this.#fail(
        new AmbassadorError(
          'untranslatable_response',
          `The endpoint responded with status ${status} and ${type}, which is not gRPC.`,
        ),
      );
      return;
    }
    call.receiver.begun(fields);
  }

  data(chunk: Buffer): boolean {
    if (this.#over) return true;
    this.#wantsMore = true;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#fail(untranslatable(error));
    }
    return this.#wantsMore;
  }

  end(trailers: Fields): void {
    if (this.#over) return;
    try {
      this.#reader.end();
      const end = this.#endInHead ?? grpcEnd(trailers);
      if (end === undefined) throw new FrameFault('the response ended without a grpc-status');
      this.#call.receiver.ended(end);
      this.#over = true;
    } catch (error) {
      this.#fail(untranslatable(error));
    }
  }

  broken({ reason, detail }: StreamFault): void {
    if (this.#over) return;
    this.#over = true;
    this.#call.receiver.failed(
      new AmbassadorError(reason, `The response of the endpoint broke off: ${detail}.`),
    );
  }

  /** What came cannot be translated. */
  #fail(error: AmbassadorError): void {
    this.#over = true;
    this.#call.receiver.failed(error);
    this.#onFailed(error);
  }

  onDrain(listener: () => void): void {
    this.#call.response.onDrain(listener);
  }

  flush(): void {
    if (!this.#over) this.#call.receiver.flush();
    this.#call.response.flush();
  }

  get taken(): boolean {
    return this.#call.response.taken;
  }

  onTaken(listener: (whole: boolean) => void): void {
    this.#call.response.onTaken(listener);
  }
}

function untranslatable(error: unknown): AmbassadorError {
  if (error instanceof AmbassadorError) return error;
  if (!(error instanceof FrameFault)) return AmbassadorError.from(error);
  return new AmbassadorError(
    'untranslatable_response',
    `The response of the endpoint is not gRPC: ${error.message}.`,
  );
}

function typeOf(fields: Fields): string {
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (fields[i]?.toLowerCase() === 'content-type') return `content-type ${fields[i + 1]}`;
  }
  return 'no content type';
}

// What every dialect does with a method: its path, whether it may be carried out twice, its messages as JSON.

import type { DescMethod, Message } from '@bufbuild/protobuf';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel as Idempotency } from '@bufbuild/protobuf/wkt';
import { AmbassadorError, messageOf } from '../core/errors.ts';
import { frame } from './grpc-frames.ts';

/** `/package.Service/Method`. */
export function methodPath(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

/** As its description says. */
export function isIdempotentMethod({ idempotency }: DescMethod): boolean {
  return idempotency === Idempotency.NO_SIDE_EFFECTS || idempotency === Idempotency.IDEMPOTENT;
}

export function hasNoSideEffects({ idempotency }: DescMethod): boolean {
  return idempotency === Idempotency.NO_SIDE_EFFECTS;
}

export function streamsRequests({ methodKind }: DescMethod): boolean {
  return methodKind === 'client_streaming' || methodKind === 'bidi_streaming';
}

export function streamsResponses({ methodKind }: DescMethod): boolean {
  return methodKind === 'server_streaming' || methodKind === 'bidi_streaming';
}

/**
 * A message of the request, behind its length.
 * @throws AmbassadorError `message_too_large`
 */
export function requestFrame(method: DescMethod, message: Message, maxMessage: number): Buffer {
  const encoded = toBinary(method.input, message);
  if (encoded.length <= maxMessage) return frame(encoded);
  throw new AmbassadorError(
    'message_too_large',
    `The message is larger than ${maxMessage} bytes, which maxMessage of translate allows.`,
  );
}

/** @throws AmbassadorError `untranslatable_response` */
export function responseMessage(method: DescMethod, encoded: Buffer): Message {
  try {
    return fromBinary(method.output, encoded);
  } catch (error) {
    throw new AmbassadorError(
      'untranslatable_response',
      `The response of the endpoint is not a valid ${method.output.typeName}: ${messageOf(error)}.`,
      { cause: error },
    );
  }
}

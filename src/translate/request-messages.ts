// The messages of a call whose content is at hand.

import { AmbassadorError } from '../core/errors.ts';
import type { Coding } from './content-coding.ts';
import { FrameFault, FrameReader } from './grpc-frames.ts';

export interface MessagesOptions {
  /** For people, such as `gRPC-Web`. */
  readonly protocol: string;
  readonly maxMessage: number;
  readonly coding: Coding;
}

/**
 * No more than `maxMessage` bytes in all.
 * @throws AmbassadorError `untranslatable_request`, `message_too_large`
 */
export function requestMessages(
  content: Buffer,
  { protocol, maxMessage, coding }: MessagesOptions,
): readonly Buffer[] {
  const messages: Buffer[] = [];
  let bytes = 0;
  const take = (message: Buffer, flags: number): void => {
    if (flags !== 0) throw new FrameFault('it has a frame that is not a message');
    bytes += message.length;
    // Content that is compressed well may have many messages of the largest size.
    if (bytes > maxMessage) throw new FrameFault(`it has more than ${maxMessage} bytes`, true);
    messages.push(message);
  };
  try {
    const reader = new FrameReader(maxMessage, take, coding);
    reader.push(content);
    reader.end();
  } catch (error) {
    if (!(error instanceof FrameFault)) throw error;
    throw new AmbassadorError(
      error.tooLarge ? 'message_too_large' : 'untranslatable_request',
      `The request is not ${protocol}: ${error.message}.`,
    );
  }
  return messages;
}

// The content of a request that is translated as a whole, and content that is at hand.

import { AmbassadorError } from '../core/errors.ts';
import type { Body, BodySink } from '../http/body.ts';
import type { Exchange } from '../http/exchange.ts';

const NOTHING = Buffer.alloc(0);

/** @throws AmbassadorError when it is larger, or breaks off */
export async function readWhole(client: Exchange, maxBytes: number): Promise<Buffer> {
  const { body } = client;
  if (body === undefined) return NOTHING;
  const size = body.whole?.length ?? body.length;
  if (size !== undefined && size > maxBytes) {
    body.abandon();
    throw tooLarge(maxBytes);
  }
  if (body.whole !== undefined) return body.whole;
  client.continueBody();
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    body.deliver({
      data: (chunk) => {
        bytes += chunk.length;
        if (bytes <= maxBytes) {
          chunks.push(chunk);
          return true;
        }
        reject(tooLarge(maxBytes));
        body.abandon();
        return true;
      },
      end: () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)),
      broken: ({ reason, detail }) => reject(new AmbassadorError(reason, `${detail}.`)),
    });
  });
}

function tooLarge(maxBytes: number): AmbassadorError {
  return new AmbassadorError(
    'message_too_large',
    `The content is larger than ${maxBytes} bytes, which maxMessage of translate allows.`,
  );
}

/** Content that is at hand. */
export function wholeBody(whole: Buffer): Body {
  return {
    length: whole.length,
    whole,
    deliver: (sink: BodySink) => {
      sink.data(whole);
      sink.end([]);
    },
    resume: () => undefined,
    abandon: () => undefined,
  };
}

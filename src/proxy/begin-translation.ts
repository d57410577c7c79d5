// The first part of a translated request: as much of it as its translation needs is read, within bounds.

import type { Clock } from '../core/clock.ts';
import { AmbassadorError } from '../core/errors.ts';
import type { Exchange } from '../http/exchange.ts';
import { StallWatch } from '../http/stall-watch.ts';
import type { Translated, Translation } from '../translate/translation.ts';

export interface BeginningBounds {
  readonly clock: Clock;
  /** How long no byte of the content may come, in milliseconds; 0 for ever. */
  readonly idleMs: number;
}

/** @throws AmbassadorError when it cannot be translated, or does not come */
export async function beginTranslation(
  translation: Translation,
  client: Exchange,
  { clock, idleMs }: BeginningBounds,
): Promise<Translated> {
  const { body } = client;
  if (body === undefined || body.whole !== undefined || idleMs === 0) return await translation.begin();
  let watch: StallWatch | undefined;
  const stalled = new Promise<never>((_, reject) => {
    watch = new StallWatch({
      clock,
      idleMs,
      connections: () => [client.progress],
      onStalled: () => {
        reject(new AmbassadorError('request_timeout', `No byte of the request came for ${idleMs} ms.`));
        body.abandon();
      },
    });
  });
  try {
    return await Promise.race([translation.begin(), stalled]);
  } finally {
    watch?.stop();
  }
}

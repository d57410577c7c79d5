// What users configure of HTTP/2 towards endpoints.

import { z } from 'zod';
import { duration, positiveDuration, text } from '../schema/fields.ts';

const EXPECTED_WORDS = 'expected a list of words, such as [h2c, grpc]';

/** Times are milliseconds once read. */
export const http2Options = z.strictObject({
  registered: z
    .array(text(EXPECTED_WORDS), { error: EXPECTED_WORDS })
    .default(['h2c', 'grpc'])
    .describe(
      "Endpoints that are registered with one of these words are called over HTTP/2 although protocol is http: as a tag, as their meta protocol, as a meta of that name with the value true, or as the scheme in Traefik's tag (default h2c and grpc). [] for none.",
    ),
  ping: z
    .strictObject({
      // gRPC servers close connections that are asked more often than every five minutes (gRPC proposal A8).
      interval: duration()
        .prefault('6m')
        .describe(
          'How long nothing may come over a connection with requests under way until its endpoint is asked by PING whether it is there (default 6m; many gRPC servers close connections that ask more often than every five minutes); 0s for only after a request found it silent.',
        ),
      timeout: positiveDuration()
        .prefault('5s')
        .describe(
          'How long anything at all may take to come after a PING before the connection is given up (default 5s).',
        ),
    })
    .prefault({})
    .describe('How connections whose endpoint has vanished are found.'),
});

export type Http2Options = z.output<typeof http2Options>;

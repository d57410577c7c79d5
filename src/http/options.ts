// What users configure of the way to an endpoint: how long things may take, and how many connections there are.

import { z } from 'zod';
import { duration, positiveDuration, wholeNumber } from '../schema/fields.ts';

/** The time limits of one service. Times are milliseconds once read. */
export const timeoutOptions = z.strictObject({
  request: duration()
    .prefault('15s')
    .describe(
      "How long a request may take until the head of its response, over all attempts, counted from the request's last byte (default 15s); 0s for no limit.",
    ),
  perTry: duration()
    .optional()
    .describe(
      'How long one attempt may take until the head of its response (default: what is left of request, shared evenly by the attempts that retries may still make at other endpoints, but at least 250ms); 0s for no limit of its own.',
    ),
  connect: positiveDuration()
    .prefault('1s')
    .describe('How long opening a connection to an endpoint may take (default 1s).'),
  idle: duration()
    .prefault('60s')
    .describe(
      'How long nothing may move in either direction of an upload or a response (default 60s; with protocol: tcp of a connection, default 1h); 0s for ever.',
    ),
  // HAProxy's documentation proposes an hour for its `timeout tunnel`; Envoy's TCP proxy has it by default.
  idleStream: duration()
    .prefault('1h')
    .describe(
      'How long nothing may move in what may be silent by nature: WebSockets and other upgraded connections, tunnels (CONNECT), server-sent events, and gRPC calls (default 1h); 0s for ever.',
    ),
});

export type TimeoutOptions = z.output<typeof timeoutOptions>;

/** The connections of one service. Times are milliseconds once read. */
export const connectionOptions = z.strictObject({
  maxPerEndpoint: wholeNumber(1, 65_535)
    .default(100)
    .describe(
      'How many connections are opened to one endpoint at most (default 100); requests beyond wait for one.',
    ),
  // Below the 5 s after which many servers close: one that closes first loses the request sent at that moment.
  keepAlive: positiveDuration()
    .prefault('4s')
    .describe(
      "How long an unused connection is kept open (default 4s), unless the endpoint's Keep-Alive header says otherwise. Keep it below the endpoints' own limit.",
    ),
});

export type ConnectionOptions = z.output<typeof connectionOptions>;

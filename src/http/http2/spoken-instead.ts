// What an endpoint speaks whose connection never became one of HTTP/2. Node.js keeps what such an endpoint has sent to
// itself, so that it is asked again, over a connection that carries nothing else.

import type { Clock } from '../../core/clock.ts';
import type { Dialer, DialTarget } from '../../net/dial.ts';
import { otherProtocol } from '../other-protocols.ts';
import { looksLike, probe } from '../probe.ts';

export interface AskedAgain {
  readonly dialer: Dialer;
  readonly target: DialTarget;
  readonly clock: Clock;
}

/** What waits for a connection waits for this too, in milliseconds. */
const TIMEOUT_MS = 500;

const UNKNOWN =
  'does it speak HTTP/1.1 (protocol: http), TLS (tls: {}), or something other than HTTP (protocol: tcp)?';

/** @returns for people, such as "it looks like Redis: protocol: tcp, …"; undefined when it is HTTP/2 after all; never rejects */
export async function spokenInstead({ dialer, target, clock }: AskedAgain): Promise<string | undefined> {
  const probed = await probe(dialer, target, 'h2c', { timeoutMs: TIMEOUT_MS, clock });
  if (probed.kind !== 'spoke') return UNKNOWN;
  switch (looksLike(probed.bytes)) {
    case 'h2':
      return undefined;
    case 'http/1.1':
      return "it speaks HTTP/1.1: set protocol: http for this service, and look at the endpoint's tags and meta";
    case 'other':
      return otherProtocol(probed.bytes, 0, probed.bytes.length) ?? UNKNOWN;
  }
}

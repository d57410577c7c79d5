// Databases that end a connection of HTTP without a word: each is asked in its own language, by what has no effect there.
// Source: PostgreSQL's documentation, "Message Flow" (SSLRequest); Redis's, "PING".

import type { Clock } from '../core/clock.ts';
import { probe } from '../http/probe.ts';
import type { Dialer, DialTarget } from '../net/dial.ts';

interface SilentDatabase {
  readonly name: string;
  readonly question: Buffer;
  readonly knows: (response: Buffer) => boolean;
}

const DATABASES: readonly SilentDatabase[] = [
  {
    name: 'PostgreSQL',
    question: Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]),
    // Whether it goes on over TLS, in one letter.
    knows: (response) => response.length === 1 && /^[SN]$/.test(response.toString('latin1')),
  },
  {
    name: 'Redis',
    question: Buffer.from('PING\r\n'),
    knows: (response) => /^(?:\+PONG|-(?:ERR|DENIED|NOAUTH|LOADING) )/.test(response.toString('latin1')),
  },
];

/** @returns its name; undefined for what is none that is known */
export async function silentDatabase(
  dialer: Dialer,
  target: DialTarget,
  { timeoutMs, clock }: { readonly timeoutMs: number; readonly clock: Clock },
): Promise<string | undefined> {
  for (const { name, question, knows } of DATABASES) {
    const probed = await probe(dialer, target, question, { timeoutMs, clock });
    if (probed.kind === 'spoke' && knows(probed.bytes)) return name;
  }
  return undefined;
}

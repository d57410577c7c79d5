// What this machine or process may have run out of: that says nothing of anybody else, and passes.

import { codeOf } from './errors.ts';

/** Source: errno(3). */
const SHORTAGES: Readonly<Record<string, string>> = {
  EMFILE: 'this process has no file descriptors left (see its limit of open files)',
  ENFILE: 'this machine has no file descriptors left',
  ENOBUFS: 'this machine has no memory left for sockets',
  ENOMEM: 'this machine has no memory left',
};

/** In words; undefined for other codes. */
function shortageNamed(code: string | undefined): string | undefined {
  return code === undefined ? undefined : SHORTAGES[code];
}

/** The same of a socket that connects: every local port may be taken, too (ip(7)). */
export function shortageWhileConnecting(code: string | undefined): string | undefined {
  return code === 'EADDRNOTAVAIL'
    ? 'this machine has no local ports left for connections to this endpoint'
    : shortageNamed(code);
}

/** Such as `EMFILE: this process has no …`, of the error or what caused it; undefined when it was no shortage. */
export function shortageOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = codeOf(error);
  const shortage = shortageNamed(code);
  return shortage === undefined ? shortageOf(error.cause) : `${code}: ${shortage}`;
}

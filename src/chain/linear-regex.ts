// Regular expressions of Consul's entries, which are RE2's: matched in time linear to the text, since what a client sends
// must not keep the process busy. V8 has such an engine behind a flag, which refuses what it cannot do in linear time.

import { setFlagsFromString } from 'node:v8';
import { RegexFault, translateRe2 } from './re2.ts';

let isPrepared = false;

/**
 * @returns a pattern over the whole text
 * @throws RegexFault
 */
export function linearRegex(source: string, ignoreCase = false): RegExp {
  const translated = translateRe2(source, ignoreCase);
  if (!isPrepared) {
    setFlagsFromString('--enable-experimental-regexp-engine');
    isPrepared = true;
  }
  try {
    return new RegExp(`^(?:${translated})$`, 'l');
  } catch {
    throw new RegexFault('it cannot be matched in linear time');
  }
}

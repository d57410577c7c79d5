// Regular expressions of Consul's entries, which are RE2's: matched in time linear to the text, since what a client sends
// must not keep the process busy. V8 has such an engine behind a flag, which refuses what it cannot do in linear time.

import { setFlagsFromString } from 'node:v8';

/** Syntax of RE2 that means something else here, or nothing: it is refused rather than misread. */
const OTHER_SYNTAX = /\[\[:|\\[AzCQEapP]|\\x\{|\(\?(?!:)/;

let isPrepared = false;

/** @returns a pattern over the whole text; undefined when it cannot be matched in linear time, or means something else here */
export function linearRegex(source: string): RegExp | undefined {
  if (OTHER_SYNTAX.test(source)) return undefined;
  if (!isPrepared) {
    setFlagsFromString('--enable-experimental-regexp-engine');
    isPrepared = true;
  }
  try {
    return new RegExp(`^(?:${source})$`, 'l');
  } catch {
    return undefined;
  }
}

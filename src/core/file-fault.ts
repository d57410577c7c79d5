// Why a file cannot be read, in words. Source: errno(3).

import { codeOf, messageOf } from './errors.ts';

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'no permission to read it',
  EISDIR: 'a directory, not a file',
};

/** Undefined where there is a better text in the error itself. */
export function knownFileFault(error: unknown): string | undefined {
  return WORDS[codeOf(error)];
}

/** Follows `cannot be read: `. */
export function fileFault(error: unknown): string {
  return knownFileFault(error) ?? messageOf(error);
}

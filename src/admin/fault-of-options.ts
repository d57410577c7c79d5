// The sentence that says what is wrong with an operator's options.

import type { z } from 'zod';

/** @param known the options that there are */
export function optionFault(issue: z.core.$ZodIssue, known: readonly string[]): string {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    const named = issue.keys.map((key) => JSON.stringify(key.slice(0, LONGEST_KEY))).join(', ');
    const there = path.length === 0 ? `; there are ${known.join(', ')}` : '';
    return `${[...path.map(String), ''].join('.')}${named}: no such option${there}`;
  }
  return `${path.join('.') || 'content'}: ${expectation(issue)}`;
}

const LONGEST_KEY = 64;

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected ${issue.values.map(String).join(', ')}`;
    case 'too_big':
      return `expected at most ${issue.maximum}`;
    case 'too_small':
      return `expected more than ${issue.minimum}`;
    default:
      return issue.message;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  object: 'an object of JSON',
};

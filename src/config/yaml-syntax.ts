// A parser's messages about YAML, in words for people.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is what users write.

import type { ConfigProblem } from '../core/config-events.ts';

/** Both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
  /** How messages name what it is a place of. Default: the file. */
  readonly source?: string;
}

export interface SyntaxFault {
  /** The parser's name for this kind of fault. */
  readonly code: string;
  readonly message: string;
  readonly place: Place;
}

/** In place of messages of `yaml` that are unclear, or quote the file, which may hold secrets. */
const SYNTAX_MESSAGES: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'not valid YAML: the anchor of an alias is empty, ambiguous or missing',
  BAD_SCALAR_START: 'not valid YAML: text that begins with this character needs quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'not valid YAML: a key stands where the value of another key is; text with a colon needs quotes',
  BAD_DIRECTIVE: 'not valid YAML: a directive that cannot be read',
  BAD_INDENT: 'not valid YAML: indented differently from what it stands beside',
  BAD_DQ_ESCAPE: 'not valid YAML: an escape sequence that there is not; single quotes take \\ as it is',
  MULTILINE_IMPLICIT_KEY: 'not valid YAML: expected a colon after this key, or a comma before the next',
  MULTIPLE_DOCS: 'expected one document in the file, found a second',
  NON_STRING_KEY: 'expected a plain key',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'not valid YAML: indent with spaces, not with tabs',
  TAG_RESOLVE_FAILED: 'expected a plain value, found a YAML tag that has no meaning here',
  UNEXPECTED_TOKEN: 'not valid YAML: something stands here that cannot stand here',
};

/** In place of messages that one code has several of, by how they begin. */
const MISSING_MESSAGES: readonly (readonly [start: string, told: string])[] = [
  ['Missing closing ', 'this quote is never closed'],
  ['Missing , ', 'expected a comma before this'],
  ['Flow map must end', 'expected a closing }'],
  ['Flow sequence must end', 'expected a closing ]'],
  ['Flow map in block collection', 'expected a closing }'],
  ['Flow sequence in block collection', 'expected a closing ]'],
  ['Implicit map keys need to be followed by map values', 'expected a colon and a space after this'],
];

/** The first problem of each line: those after it are mostly its consequences. */
export function syntaxProblems(
  file: string,
  text: string,
  faults: readonly SyntaxFault[],
): readonly ConfigProblem[] {
  const byLine = new Map<number, ConfigProblem>();
  for (const fault of faults) {
    const { code, message } = fault;
    const place = openingQuote(text, fault) ?? fault.place;
    if (byLine.has(place.line)) continue;
    const written = text.split('\n', place.line)[place.line - 1] ?? '';
    const hint = written.includes('${') ? '; within { } and [ ], put quotes around ${NAME}' : '';
    const missing = MISSING_MESSAGES.find(([start]) => message.startsWith(start))?.[1];
    const told = missing === undefined ? SYNTAX_MESSAGES[code] : `not valid YAML: ${missing}`;
    byLine.set(place.line, {
      file,
      ...place,
      path: '',
      message: inFormatOf(file, told ?? `not valid YAML: ${message}`) + hint,
    });
  }
  return [...byLine.values()];
}

export function commentFault(file: string): string {
  return file.endsWith('.json')
    ? 'JSON has no comments: remove it, or name the file .yaml, where a comment begins with #'
    : 'expected a comment to begin with #';
}

/** A message about JSON does not speak of YAML, as which it is read. */
function inFormatOf(file: string, message: string): string {
  if (!file.endsWith('.json')) return message;
  return message
    .replace(/^not valid YAML/, 'not valid JSON')
    .replace(/cannot stand here$/, 'cannot stand here; perhaps a comma is missing before it');
}

/** Where a quote that nothing closes was opened: the parser notices at the end of the file. */
function openingQuote(text: string, { message, place }: SyntaxFault): Place | undefined {
  const quote = /^Missing closing (['"])/.exec(message)?.[1];
  if (quote === undefined) return undefined;
  const lines = text.split('\n', place.line);
  const last = lines.length - 1;
  lines[last] = lines[last]?.slice(0, place.column - 1) ?? '';
  const line = lines.findLastIndex((written) => written.includes(quote));
  return line === -1 ? undefined : { line: line + 1, column: (lines[line]?.lastIndexOf(quote) ?? 0) + 1 };
}

// What a parser says against YAML, said to people.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is what users write.

import type { ConfigProblem } from './problem.ts';

/** Both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
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
  BAD_DIRECTIVE: 'not valid YAML: a directive that cannot be read',
  BAD_DQ_ESCAPE: 'not valid YAML: an escape sequence that there is not; single quotes take \\ as it is',
  MULTIPLE_DOCS: 'expected one document in the file, found a second',
  NON_STRING_KEY: 'expected a plain key',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'not valid YAML: indent with spaces, not with tabs',
  TAG_RESOLVE_FAILED: 'expected a plain value, found a YAML tag that has no meaning here',
  UNEXPECTED_TOKEN: 'not valid YAML: something stands here that cannot stand here',
};

/** The first problem of each line: those after it are mostly its consequences. */
export function syntaxProblems(
  file: string,
  text: string,
  faults: readonly SyntaxFault[],
): readonly ConfigProblem[] {
  const byLine = new Map<number, ConfigProblem>();
  for (const { code, message, place } of faults) {
    if (byLine.has(place.line)) continue;
    const written = text.split('\n', place.line)[place.line - 1] ?? '';
    const hint = written.includes('${') ? '; within { } and [ ], put quotes around ${NAME}' : '';
    const told = SYNTAX_MESSAGES[code] ?? `not valid YAML: ${message}`;
    byLine.set(place.line, { file, ...place, path: '', message: told + hint });
  }
  return [...byLine.values()];
}

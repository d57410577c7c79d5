// Parses a configuration for another process: the question on standard input, the answer on standard output, both in
// V8's serialization.

import { buffer } from 'node:stream/consumers';
import { deserialize, serialize } from 'node:v8';
import type { ConfigText } from './parse.ts';
import { parseConfig } from './parse.ts';
import type { ConfigProblem } from './problem.ts';
import { ConfigError } from './problem.ts';
import type { Environment } from './substitution.ts';
import type { Config } from './types.ts';

export interface ParseQuestion {
  readonly source: ConfigText | undefined;
  readonly environment: Environment;
}

export type ParseAnswer =
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'problems'; readonly problems: readonly ConfigProblem[] };

function answer({ source, environment }: ParseQuestion): ParseAnswer {
  try {
    return { kind: 'config', config: parseConfig(source, environment) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { kind: 'problems', problems: error.problems };
  }
}

const question: ParseQuestion = deserialize(await buffer(process.stdin));
process.stdout.write(serialize(answer(question)));

// Parses the configuration in a process of its own, which ends with the answer: the schema and what reads YAML take some
// 30 MB, and are wanted for a moment only.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import type { ConfigChange } from '../core/config-events.ts';
import type { ComparableConfig } from './diff.ts';
import type { ConfigText } from './parse.ts';
import type { ParseAnswer, ParseQuestion } from './parse-answer.ts';
import { ConfigError } from './problem.ts';
import type { Environment } from './substitution.ts';
import type { Config } from './types.ts';

const MAIN = fileURLToPath(new URL(`./parse-main${extname(import.meta.url)}`, import.meta.url));

/** A configuration, and what it changes in the one that it was compared with. */
export interface ReadConfig {
  readonly config: Config;
  readonly changes: readonly ConfigChange[];
}

/**
 * The configuration that a text and the environment come to. Where no process can be started it is parsed in this one.
 * @param source undefined: defaults and environment alone
 * @param inForce what to compare it with
 * @throws ConfigError with everything that is wrong with it
 */
export async function parseConfigApart(
  source: ConfigText | undefined,
  environment: Environment,
  inForce?: ComparableConfig,
): Promise<ReadConfig> {
  const comparable = inForce && { shown: inForce.shown, hidden: inForce.hidden };
  const question: ParseQuestion = { source, environment: { ...environment }, inForce: comparable };
  const answer = await ask(question).catch(() => answerHere(question));
  if (answer.kind === 'problems') throw new ConfigError(answer.problems);
  return answer;
}

async function ask(question: ParseQuestion): Promise<ParseAnswer> {
  const child = spawn(process.execPath, [MAIN], { stdio: ['pipe', 'pipe', 'ignore'] });
  // A child that ends early breaks the pipe; that it ended tells enough.
  child.stdin.on('error', () => {});
  child.stdin.end(serialize(question));
  const [output, [code]] = await Promise.all([buffer(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`the parser ended with ${code}`);
  return deserialize(output);
}

async function answerHere(question: ParseQuestion): Promise<ParseAnswer> {
  const { parseAnswer } = await import('./parse-answer.ts');
  return parseAnswer(question);
}

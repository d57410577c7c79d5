// Parses the configuration in a process of its own, which ends with the answer: the schema and what reads YAML take some
// 30 MB, and are wanted for a moment only.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { extname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import type { ConfigChange } from '../core/config-events.ts';
import { loadModule } from '../core/load-module.ts';
import { shortageOf } from '../core/shortage.ts';
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

export interface ParseLimits {
  /** Ends the parser; the promise then rejects. */
  readonly signal?: AbortSignal;
  /** How long the parser may take, in milliseconds. Default 10 s: a reload that takes so long is one to try again. */
  readonly withinMs?: number;
}

/** Both ends of its pipes, how it reports that it could not start, and what it opens until it has its own. */
const CHILD_DESCRIPTORS = 16;

/** A configuration of 1 MiB takes a fraction of a second; a machine without a free core may need more. */
const WITHIN_MS = 10_000;

/**
 * The configuration that a text and the environment come to. Where no process can be started it is parsed in this one.
 * @param source undefined: defaults and environment alone
 * @param inForce what to compare it with
 * @throws ConfigError with everything that is wrong with it, or that the parser did not end in time
 */
export async function parseConfigApart(
  source: ConfigText | undefined,
  environment: Environment,
  inForce?: ComparableConfig,
  limits: ParseLimits = {},
): Promise<ReadConfig> {
  const comparable = inForce && { shown: inForce.shown, hidden: inForce.hidden };
  const question: ParseQuestion = { source, environment: { ...environment }, inForce: comparable };
  const answer = await ask(question, limits);
  if (answer.kind === 'problems') throw new ConfigError(answer.problems);
  return answer;
}

async function ask(
  question: ParseQuestion,
  { signal, withinMs = WITHIN_MS }: ParseLimits,
): Promise<ParseAnswer> {
  signal?.throwIfAborted();
  const shortage = shortageOfDescriptors();
  if (shortage !== undefined) {
    throw unparsed(question, `no process can be started to parse it: ${shortageOf(shortage)}`, shortage);
  }
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: withinMs,
    killSignal: 'SIGKILL',
    ...(signal === undefined ? {} : { signal }),
  });
  const ended = once(child, 'close');
  // A child that ends early breaks the pipe; how it ended says enough.
  child.stdin.on('error', () => {});
  child.stdin.end(serialize(question));
  const output = buffer(child.stdout).catch(() => Buffer.alloc(0));
  let end: unknown[];
  try {
    end = await ended;
  } catch (error) {
    if (child.pid !== undefined) throw error;
    return answerHere(question);
  }
  const [code, endedBy] = end;
  if (code === 0) return deserialize(await output);
  const how =
    endedBy === 'SIGKILL'
      ? `did not end within ${withinMs / 1000} s, or was killed`
      : `ended with ${code ?? endedBy}`;
  throw unparsed(question, `the process that parses the configuration ${how}`);
}

/**
 * Why no process can be started; undefined when one can. Node.js leaves pipes open, out of our reach, when a child finds that it
 * is short of descriptors, so that it is not tried.
 */
function shortageOfDescriptors(): unknown {
  const free: number[] = [];
  try {
    while (free.length < CHILD_DESCRIPTORS) free.push(openSync(devNull, 'r'));
    return undefined;
  } catch (error) {
    return shortageOf(error) === undefined ? undefined : error;
  } finally {
    for (const descriptor of free) closeSync(descriptor);
  }
}

function unparsed({ source }: ParseQuestion, message: string, cause?: unknown): ConfigError {
  const file = source?.file ?? 'environment';
  return new ConfigError([{ file, line: undefined, column: undefined, path: '', message }], cause);
}

function answerHere(question: ParseQuestion): ParseAnswer {
  const { parseAnswer } = loadModule<typeof import('./parse-answer.ts')>(
    './parse-answer.ts',
    import.meta.url,
  );
  return parseAnswer(question);
}

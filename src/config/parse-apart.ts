// Parses the configuration in a process of its own, which ends with the answer: the schema and what reads YAML take more
// memory than the proxy has in all, and are wanted for a moment only.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import type { ConfigText } from './parse.ts';
import type { ParseAnswer, ParseQuestion } from './parse-main.ts';
import { ConfigError } from './problem.ts';
import { readConfigFile } from './read-file.ts';
import type { Environment } from './substitution.ts';
import type { Config } from './types.ts';

const MAIN = fileURLToPath(new URL(`./parse-main${extname(import.meta.url)}`, import.meta.url));

/**
 * The configuration in force, as `loadConfig` gives it. Where no process can be started it is parsed in this one.
 * @param file the path of a YAML or JSON file; undefined: defaults and environment alone
 * @throws ConfigError with everything that is wrong with it
 */
export async function loadConfigApart(file: string | undefined, environment: Environment): Promise<Config> {
  const source = await readConfigFile(file);
  const answer = await ask({ source, environment: { ...environment } }).catch(() => undefined);
  if (answer === undefined) return parseHere(source, environment);
  if (answer.kind === 'problems') throw new ConfigError(answer.problems);
  return answer.config;
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

async function parseHere(source: ConfigText | undefined, environment: Environment): Promise<Config> {
  const { parseConfig } = await import('./parse.ts');
  return parseConfig(source, environment);
}

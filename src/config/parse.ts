import { resolveConfig } from './resolve.ts';
import type { Environment } from './substitution.ts';
import type { Config } from './types.ts';
import { parseYaml } from './yaml-document.ts';

export interface ConfigText {
  /** How messages name the file. */
  readonly file: string;
  /** YAML, of which JSON is a part. */
  readonly text: string;
}

/**
 * The configuration that a text and the environment come to.
 * @param source undefined: defaults and environment alone
 * @throws ConfigError with everything that is wrong with it
 */
export function parseConfig(source: ConfigText | undefined, environment: Environment): Config {
  const { file, text } = source ?? { file: 'defaults', text: '' };
  // A byte order mark is no part of the first line.
  return resolveConfig(parseYaml(file, text.replace(/^\uFEFF/, ''), environment), environment);
}

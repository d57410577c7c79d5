import { withKv } from './kv-overlay.ts';
import { resolveConfig } from './resolve.ts';
import type { Environment } from './substitution.ts';
import type { Config } from './types.ts';
import { parseYaml } from './yaml-document.ts';

export interface ConfigText {
  /** How messages name the file. */
  readonly file: string;
  /** YAML, of which JSON is a part. */
  readonly text: string;
  /** What counts where this one says nothing: a text out of Consul KV. */
  readonly under?: ConfigText | undefined;
}

/**
 * The configuration that a text and the environment come to.
 * @param source undefined: defaults and environment alone
 * @throws ConfigError with everything that is wrong with it
 */
export function parseConfig(source: ConfigText | undefined, environment: Environment): Config {
  const { file, text, under } = source ?? { file: 'defaults', text: '' };
  const document = parseYaml(file, withoutMark(text), environment);
  if (under === undefined) return resolveConfig(document, environment);
  // Writers of the key must not be able to read this process's variables by it.
  const kv = parseYaml(under.file, withoutMark(under.text), {});
  return resolveConfig(withKv(document, kv), environment);
}

/** A byte order mark is no part of the first line. */
function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}

import { parseConfig } from './parse.ts';
import { readConfigFile } from './read-file.ts';
import type { Environment } from './substitution.ts';
import type { Config } from './types.ts';

/**
 * The configuration in force.
 * @param file the path of a YAML or JSON file; undefined: defaults and environment alone
 * @throws ConfigError with everything that is wrong with it
 */
export async function loadConfig(file: string | undefined, environment: Environment): Promise<Config> {
  return parseConfig(await readConfigFile(file), environment);
}

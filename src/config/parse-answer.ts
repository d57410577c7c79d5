// A configuration read, and compared with the one in force: as values that another process can be sent.

import type { ConfigChange, ConfigProblem } from '../core/config-events.ts';
import type { ComparableConfig } from './diff.ts';
import { diffConfigs } from './diff.ts';
import type { ConfigText } from './parse.ts';
import { parseConfig } from './parse.ts';
import { ConfigError } from './problem.ts';
import type { Environment } from './substitution.ts';
import type { Config } from './types.ts';

export interface ParseQuestion {
  readonly source: ConfigText | undefined;
  readonly environment: Environment;
  /** What the new configuration is compared with; undefined for none. */
  readonly inForce: ComparableConfig | undefined;
}

export type ParseAnswer =
  | { readonly kind: 'config'; readonly config: Config; readonly changes: readonly ConfigChange[] }
  | { readonly kind: 'problems'; readonly problems: readonly ConfigProblem[] };

export function parseAnswer({ source, environment, inForce }: ParseQuestion): ParseAnswer {
  try {
    const config = parseConfig(source, environment);
    return { kind: 'config', config, changes: inForce === undefined ? [] : diffConfigs(inForce, config) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { kind: 'problems', problems: error.problems };
  }
}

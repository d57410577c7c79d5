// The part of the configuration that stands in Consul KV: whether it can be read and used. What it says is then looked at
// like what stands in the file.

import type { ConfigText } from '../config/parse.ts';
import { parseConfig } from '../config/parse.ts';
import { ConfigError } from '../config/problem.ts';
import type { Environment } from '../config/substitution.ts';
import type { Config } from '../config/types.ts';
import type { ConfigProblem } from '../core/config-events.ts';
import type { ConsulClient } from '../discovery/consul/consul-client.ts';
import { kvQuestion, readKvValue } from '../discovery/consul/consul-kv.ts';
import { isUnknownToken } from '../discovery/consul/missing-rule.ts';
import type { Finding } from './finding.ts';
import { failure, ok, warning } from './finding.ts';
import { tokenRemedy } from './token-remedy.ts';

export interface KvExamination {
  readonly findings: readonly Finding[];
  /** As an ambassador would have it that starts now. */
  readonly config: Config;
}

export interface KvExaminationParts {
  /** Of the file alone. */
  readonly config: Config;
  readonly source: ConfigText | undefined;
  readonly environment: Environment;
  readonly client: ConsulClient;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 5_000;

export async function examineKv(parts: KvExaminationParts): Promise<KvExamination> {
  const { config, source, environment, client, signal } = parts;
  const key = config.configuration.kv?.key;
  if (key === undefined) return { findings: [], config };
  const file = `Consul KV ${key}`;
  const alone = (finding: Finding): KvExamination => ({ findings: [finding], config });
  const { datacenter, namespace, partition } = config.consul;
  const question = kvQuestion({ key, datacenter, namespace, partition });
  const answer = await client.get({ ...question, timeoutMs: TIMEOUT_MS, signal });
  if (!answer.ok) {
    // That Consul does not answer, or does not know the token, is said where it is looked at.
    if (answer.failure.kind !== 'permission_denied' || isUnknownToken(answer.failure))
      return { findings: [], config };
    const remedy = tokenRemedy(answer.failure, `key "${key}" { policy = "read" }`);
    return alone(failure(file, `it cannot be read: ${answer.failure.detail}`, remedy));
  }
  const value = readKvValue(answer.body);
  if (value === undefined) return alone(failure(file, 'it is not UTF-8 text', againWith(key)));
  if (value.text === null)
    return alone(warning(file, 'there is no such key: the file alone counts', againWith(key)));
  try {
    const under = { file, text: value.text };
    const merged = parseConfig({ ...(source ?? { file: 'defaults', text: '' }), under }, environment);
    return { findings: [ok(file, 'it can be used')], config: merged };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const remedy = `mend it: ${againWith(key)}; a start before that takes the file alone`;
    return {
      findings: error.problems.map((problem) => failure(file, said(problem, file), remedy)),
      config,
    };
  }
}

function againWith(key: string): string {
  return `consul kv put ${key} @FILE`;
}

function said({ file, line, column, path, message }: ConfigProblem, kv: string): string {
  const place = [...(file === kv ? [] : [file]), line, column].filter((part) => part !== undefined).join(':');
  return [place, path]
    .filter((part) => part !== '')
    .join(' ')
    .concat(`: ${message}`);
}

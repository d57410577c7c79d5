// Which parts of a configuration have what it was refused for.

import type { RefusedConfiguration } from '../admin/configuration-view.ts';

/** As `problems` name it, with the key behind it. */
const CONSUL_KV = 'Consul KV ';

/** The keys of Consul KV with problems, such as `Consul KV shop/ambassador`, and whether anything else has some. */
export function refusedSources({ problems }: RefusedConfiguration): {
  readonly file: boolean;
  readonly keys: readonly string[];
} {
  const sources = [...new Set(problems.map(({ file }) => file))];
  const keys = sources.filter((source) => source.startsWith(CONSUL_KV));
  return { file: keys.length < sources.length || keys.length === 0, keys };
}

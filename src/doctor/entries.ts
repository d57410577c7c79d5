// Consul's configuration entries of services: what they ask for and is not done.

import { readCompiledChain } from '../chain/compiled-chain.ts';
import { namingDefaults } from '../chain/defaults-not-done.ts';
import { record } from '../core/json-reading.ts';
import { readServiceDefaults } from '../discovery/consul/service-defaults.ts';
import { askAboutEntries, askForChain } from './chains.ts';
import type { DoctorContext, Examination } from './context.ts';
import { consulNames, isConsulAway } from './context.ts';
import type { Finding } from './finding.ts';
import { ok, warning } from './finding.ts';
import { tokenRemedy } from './token-remedy.ts';

export const entries: Examination = async (context) => {
  if (!context.config.discovery.configEntries || isConsulAway(context)) return [];
  const found = await Promise.all(
    consulNames(context).map(({ name, inConsul }) => examine(context, name, inConsul)),
  );
  return found.flat();
};

async function examine(context: DoctorContext, name: string, inConsul: string): Promise<readonly Finding[]> {
  const path = `/config/service-defaults/${encodeURIComponent(inConsul)}`;
  const [answer, defaults] = await Promise.all([
    askForChain(context, inConsul),
    askAboutEntries(context, { kind: 'config', path, mayBeAbsent: true }),
  ]);
  // What keeps Consul from answering is reported once, where Consul is examined.
  if (!answer.ok) {
    if (answer.failure.kind !== 'permission_denied') return [];
    const remedy = tokenRemedy(answer.failure, `service "${inConsul}" { policy = "read" }`);
    return [warning(name, `its entries in Consul cannot be read: ${answer.failure.detail}`, remedy)];
  }
  const { notDone } = readServiceDefaults(record(defaults.ok ? defaults.body : undefined));
  const chain = namingDefaults(readCompiledChain(record(answer.body)['Chain']), inConsul, notDone);
  if (chain === undefined) return [];
  if (chain.notDone.length === 0) return [ok(name, 'all that entries in Consul ask for is done')];
  const remedy = 'docs/consul.md says what is followed; the file may say the same another way';
  return chain.notDone.map((sentence) =>
    warning(name, `an entry in Consul is not followed in all: ${sentence}`, remedy),
  );
}

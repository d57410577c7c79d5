// Which endpoints discovery finds, and what to do where it finds out none.

import type { ProvidedSource, ProviderDependencies } from '../discovery/registry.ts';
import type { DiscoveryFailure } from '../endpoint/discovery-state.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { DoctorContext } from './context.ts';
import { tokenRemedy } from './token-remedy.ts';

/** How long discovery may take for the endpoints of one service. */
const DISCOVERY_MS = 6_000;

const SILENT: DiscoveryFailure = {
  kind: 'unreachable',
  detail: 'discovery did not say which endpoints it has',
};

export type Listed =
  | { readonly ok: true; readonly endpoints: readonly Endpoint[] }
  | { readonly ok: false; readonly failure: DiscoveryFailure };

export function providersOf({ consul, config, clock, random }: DoctorContext): ProviderDependencies {
  return { consul: consul.source, consulDefaults: config.consul, clock, random };
}

export function listEndpoints(
  { clock, rewriting }: DoctorContext,
  { source, provenance }: ProvidedSource,
): Promise<Listed> {
  return new Promise((resolve) => {
    let failure = SILENT;
    const end = (listed: Listed): void => {
      late.cancel();
      source.stop();
      resolve(listed);
    };
    const late = clock.schedule(DISCOVERY_MS, () => end({ ok: false, failure }));
    source.start({
      endpoints: (found) =>
        end({ ok: true, endpoints: provenance === 'static' ? found : rewriting.apply(found) }),
      failed: (fault) => {
        failure = fault;
        if (SETTLED.has(fault.kind)) end({ ok: false, failure });
      },
    });
  });
}

/** Asking again would not change them. */
const SETTLED: ReadonlySet<DiscoveryFailure['kind']> = new Set([
  'acl_filtered',
  'permission_denied',
  'rejected',
]);

/** @param wanted the service in Consul, the prepared query, or undefined where Consul is not asked */
export function listingRemedy(
  failure: DiscoveryFailure,
  wanted: { readonly service: string } | { readonly query: string } | undefined,
): string | undefined {
  if (wanted === undefined) return 'look at its discover setting and at /etc/resolv.conf';
  if (failure.saysRemedy) return undefined;
  switch (failure.kind) {
    case 'permission_denied':
    case 'acl_filtered': {
      const service = 'service' in wanted ? `service "${wanted.service}"` : 'service_prefix ""';
      return tokenRemedy(failure, `${service} { policy = "read" } node_prefix "" { policy = "read" }`);
    }
    case 'rejected':
      return 'query' in wanted
        ? `create the prepared query ${wanted.query} in Consul, or look whether the name is written so there`
        : 'look at its discover setting: Consul does not take the question';
    case 'unreachable':
      return 'start the agent, or say where it is: consul.address, or CONSUL_HTTP_ADDR';
    default:
      return 'look at the log of the agent';
  }
}

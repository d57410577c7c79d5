// What is spoken with the endpoints of a service, as the running ambassador would: by the file, by the service's defaults
// in Consul, and by what is registered of an endpoint.

import { CONSULS_PROTOCOLS } from '../app/service-factory.ts';
import { isStated } from '../config/stated.ts';
import type { ServiceConfig } from '../config/types.ts';
import { record } from '../core/json-reading.ts';
import { readServiceDefaults } from '../discovery/consul/service-defaults.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { spokenWith } from '../upstream/spoken-protocol.ts';
import { askAboutEntries } from './chains.ts';
import type { DoctorContext } from './context.ts';

export interface Spoken {
  readonly protocol: ServiceConfig['protocol'];
  /** What to do where endpoints speak HTTP/1.1 instead. */
  readonly remedy: string;
}

const FOR_SERVICE = 'set protocol: http for this service';

/**
 * @param name as callers know it
 * @param inConsul its name there; undefined where its endpoints come from elsewhere
 */
export async function spokenOf(
  context: DoctorContext,
  name: string,
  inConsul: string | undefined,
): Promise<Spoken> {
  const { config } = context;
  const own: Spoken = { protocol: config.services.get(name)?.protocol ?? 'http', remedy: FOR_SERVICE };
  const asksDefaults = config.discovery.configEntries && !isStated(config, name, ['protocol']);
  if (inConsul === undefined || !asksDefaults) return own;
  const path = `/config/service-defaults/${encodeURIComponent(inConsul)}`;
  const answer = await askAboutEntries(context, { kind: 'config', path, mayBeAbsent: true });
  const { protocol } = readServiceDefaults(record(answer.ok ? answer.body : undefined));
  const known = CONSULS_PROTOCOLS[protocol ?? ''];
  return known === undefined
    ? own
    : { protocol: known, remedy: `correct its service-defaults in Consul, or ${FOR_SERVICE}` };
}

/** An endpoint may be registered as one of HTTP/2, whatever its service is. */
export function spokenAt(endpoint: Endpoint, spoken: Spoken, registered: readonly string[]): Spoken {
  const { protocol } = spoken;
  if (protocol !== 'http' || spokenWith(endpoint, { protocol, registered }, false) !== 'h2') return spoken;
  return {
    protocol: 'h2c',
    remedy: 'take the word for HTTP/2 from its tags or meta, or see http2.registered',
  };
}

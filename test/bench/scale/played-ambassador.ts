// The part of an ambassador that follows Consul, without the rest: its own client and connections, the names, and the
// endpoints of a few services up to their tables.

import { setUpConsul } from '../../../src/app/consul-setup.ts';
import type { CompleteObserver } from '../../../src/core/events.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { systemRandom } from '../../../src/core/random.ts';
import { systemClock } from '../../../src/core/system-clock.ts';
import { ConsulSource } from '../../../src/discovery/consul/consul-source.ts';
import { consulOptions } from '../../../src/discovery/options.ts';
import type { Endpoint } from '../../../src/endpoint/endpoint.ts';
import { EndpointFeed } from '../../../src/upstream/endpoint-feed.ts';

export interface PlayedAmbassador {
  /** How many of its services have no table yet. */
  readonly waiting: number;
}

export interface PlayedEvents {
  readonly observer: CompleteObserver;
  /** An endpoint is new, or another than before. */
  readonly changed: (endpoint: Endpoint) => void;
}

export async function playAmbassador(
  address: string,
  services: readonly string[],
  { observer, changed }: PlayedEvents,
  watchesNames: boolean,
): Promise<PlayedAmbassador> {
  const consul = await setUpConsul(consulOptions.parse({ address }), {
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    observer,
  });
  if (watchesNames) consul.catalog.start();
  const feeds = services.map((service) => {
    const feed = new EndpointFeed(systemClock, 'registry', {
      published: (_table, diff) => {
        for (const endpoint of diff.added) changed(endpoint);
        for (const { after } of diff.changed) changed(after);
      },
      failed: () => {},
      recovered: () => {},
    });
    const query = { tags: [], datacenter: undefined, namespace: undefined, partition: undefined };
    new ConsulSource({ ...query, service, filter: undefined, taggedAddress: undefined }, consul.source).start(
      feed,
    );
    return feed;
  });
  return {
    get waiting() {
      return feeds.filter(({ table }) => table === undefined).length;
    },
  };
}

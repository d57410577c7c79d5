// Consul's compiled discovery chain of one service as a chain of ours: the graph of router, splitters and resolvers that
// its servers make of the configuration entries. Source: Consul docs, "Discovery chain HTTP API"; hashicorp/consul,
// agent/structs/discovery_chain.go.

import type { JsonFields } from '../core/json-reading.ts';
import { finite, list, record, says, text, texts, unknownKeys } from '../core/json-reading.ts';
import type {
  Balancing,
  CallChanges,
  ChainModel,
  ChainRoute,
  Destination,
  Split,
  TargetSpec,
} from './chain-model.ts';
import { readBalancing } from './compiled-balancer.ts';
import { readDestination, readMatch } from './compiled-router.ts';
import { goDurationMs } from './go-duration.ts';
import { bothChanges, readHeaderChanges } from './header-changes.ts';
import { NotDone } from './not-done.ts';
import { targetLabel } from './target-label.ts';

/** Consul's own default, which stands in a compiled chain whether or not an entry says it. */
const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;

const LONGEST_MS = 2 ** 31 - 1;

/** A graph has three levels, and nested splitters are flattened by Consul. */
const DEEPEST = 8;

/** Each may need a watch of its own. */
const MOST_TARGETS = 32;
const MOST_ROUTES = 256;
const MOST_SPLITS = 100;

/** What Consul calls a locality, the nearest first. */
const CONSULS_LOCALITY = ['zone', 'region'];

const RESOLVER_KEYS = new Set([
  'ConnectTimeout',
  'RequestTimeout',
  'Default',
  'Target',
  'Failover',
  'PrioritizeByLocality',
]);
const TARGET_KEYS = new Set([
  'ID',
  'Service',
  'ServiceSubset',
  'Namespace',
  'Partition',
  'Datacenter',
  'Peer',
  'MeshGateway',
  'Subset',
  'ConnectTimeout',
  // Names for TLS between sidecar proxies, and where terminating gateways stand.
  'SNI',
  'Name',
  'External',
  'Locality',
  'TransparentProxy',
]);
const SUBSET_KEYS = new Set(['Filter', 'OnlyPassing']);
const SPLIT_KEYS = new Set(['Weight', 'NextNode', 'Definition']);
const SPLIT_DEFINITION_KEYS = new Set([
  'Weight',
  'Service',
  'ServiceSubset',
  'Namespace',
  'Partition',
  'RequestHeaders',
  'ResponseHeaders',
]);

/**
 * @param compiled the field `Chain` of the response
 * @returns undefined when it is no chain that can be followed
 */
export function readCompiledChain(compiled: unknown): ChainModel | undefined {
  return new GraphReader(record(compiled)).read();
}

class GraphReader {
  readonly #chain: JsonFields;
  readonly #nodes: JsonFields;
  readonly #targets: JsonFields;
  readonly #notDone = new NotDone();
  /** By the target's id. */
  readonly #specs = new Map<string, TargetSpec>();
  readonly #destinations = new Map<string, Destination>();

  constructor(chain: JsonFields) {
    this.#chain = chain;
    this.#nodes = record(chain['Nodes']);
    this.#targets = record(chain['Targets']);
  }

  read(): ChainModel | undefined {
    const start = text(this.#chain['StartNode']);
    if (start === undefined) return undefined;
    const routes = this.#readStart(start);
    const [first, ...others] = routes;
    if (first === undefined) return undefined;
    return {
      from: 'consul',
      protocol: text(this.#chain['Protocol']),
      routes: [first, ...others],
      overprovisioning: undefined,
      notDone: this.#notDone.sentences,
    };
  }

  #readStart(start: string): ChainRoute[] {
    const node = record(this.#nodes[start]);
    if (node['Type'] !== 'router') return this.#route(undefined, start, {});
    const written = list(node['Routes']);
    if (written.length > MOST_ROUTES) {
      this.#notDone.add(
        `service-router: of ${written.length} routes the first ${MOST_ROUTES - 1} and the last count`,
      );
    }
    const kept =
      written.length > MOST_ROUTES ? [...written.slice(0, MOST_ROUTES - 1), written.at(-1)] : written;
    return kept.flatMap((entry) => {
      const { Definition: definition, NextNode: next } = record(entry);
      const { Match: match, Destination: destination } = record(definition);
      const changes = readDestination(destination, match, this.#notDone);
      return this.#route(readMatch(match, this.#notDone), text(next) ?? '', changes);
    });
  }

  #route(match: ChainRoute['match'], node: string, changes: CallChanges): ChainRoute[] {
    const [first, ...others] = this.#splits(node, 1, changes, DEEPEST);
    return first === undefined ? [] : [{ match, splits: [first, ...others] }];
  }

  #splits(name: string, share: number, changes: CallChanges, depth: number): Split[] {
    const node = record(this.#nodes[name]);
    if (depth === 0) return [];
    if (node['Type'] === 'resolver') {
      const destination = this.#destination(name, node, changes);
      return destination === undefined ? [] : [{ weight: share, destination }];
    }
    if (node['Type'] !== 'splitter') {
      this.#notDone.add(
        `the discovery chain has a node of an unknown kind: ${JSON.stringify(name.slice(0, 100))}`,
      );
      return [];
    }
    return list(node['Splits'])
      .slice(0, MOST_SPLITS)
      .flatMap((entry) => {
        const split = record(entry);
        const definition = record(split['Definition']);
        this.#notDone.keys('service-splitter', unknownKeys(split, SPLIT_KEYS));
        this.#notDone.keys('service-splitter', unknownKeys(definition, SPLIT_DEFINITION_KEYS));
        const weight = finite(split['Weight']) ?? 0;
        if (weight <= 0) return [];
        return this.#splits(
          text(split['NextNode']) ?? '',
          (share * weight) / 100,
          this.#ofSplit(definition, changes),
          depth - 1,
        );
      });
  }

  #ofSplit(definition: JsonFields, changes: CallChanges): CallChanges {
    if (!says(definition['RequestHeaders']) && !says(definition['ResponseHeaders'])) return changes;
    const read = (key: string) =>
      readHeaderChanges(definition[key], `service-splitter: ${key}`, this.#notDone);
    return {
      ...changes,
      requestHeaders: bothChanges(changes.requestHeaders, read('RequestHeaders')),
      responseHeaders: bothChanges(changes.responseHeaders, read('ResponseHeaders')),
    };
  }

  #destination(name: string, node: JsonFields, changes: CallChanges): Destination | undefined {
    // One for each resolver and set of changes, so that what is made for it is made once.
    const key = JSON.stringify([name, changes], (_key, value) => (value instanceof Set ? [...value] : value));
    const known = this.#destinations.get(key);
    if (known !== undefined) return known;
    const resolver = record(node['Resolver']);
    this.#notDone.keys('service-resolver', unknownKeys(resolver, RESOLVER_KEYS));
    const connectTimeoutMs = this.#connectTimeout(resolver['ConnectTimeout']);
    const balancing = readBalancing(node['LoadBalancer'], this.#notDone);
    const tiers = [text(resolver['Target']), ...this.#failover(resolver['Failover'])].flatMap(
      (id) => this.#target(id, connectTimeoutMs, balancing) ?? [],
    );
    const [first, ...others] = tiers;
    if (first === undefined) return undefined;
    const requestTimeoutMs = changes.requestTimeoutMs ?? positiveMs(resolver['RequestTimeout']);
    const nearest = this.#nearest(resolver['PrioritizeByLocality']);
    const destination: Destination = {
      tiers: [first, ...others],
      changes: { ...changes, requestTimeoutMs },
      ...(nearest === undefined ? {} : { nearest }),
    };
    this.#destinations.set(key, destination);
    return destination;
  }

  #nearest(value: unknown): readonly string[] | undefined {
    const mode = text(record(value)['Mode']);
    if (mode === 'failover') return CONSULS_LOCALITY;
    if (mode !== undefined && mode !== 'none') {
      this.#notDone.add(`service-resolver: PrioritizeByLocality in the mode ${mode} has no effect here`);
    }
    return undefined;
  }

  #failover(value: unknown): readonly string[] {
    const { Targets: targets, Policy: policy } = record(value);
    const mode = text(record(policy)['Mode']);
    if (mode !== undefined && mode !== 'sequential') {
      this.#notDone.add(
        `service-resolver: Failover in the mode ${mode} goes in the order of its targets here`,
      );
    }
    return texts(targets);
  }

  /** Consul's default cannot be told from the same time in an entry: it leaves ours as it is. */
  #connectTimeout(value: unknown): number | undefined {
    const ms = positiveMs(value);
    return ms === DEFAULT_CONNECT_TIMEOUT_MS ? undefined : ms;
  }

  #target(
    id: string | undefined,
    connectTimeoutMs: number | undefined,
    balancing: Balancing | undefined,
  ): TargetSpec | undefined {
    if (id === undefined || !Object.hasOwn(this.#targets, id)) return undefined;
    // What the first resolver on the way to a target says of it holds.
    const known = this.#specs.get(id);
    if (known !== undefined) return known;
    if (this.#specs.size >= MOST_TARGETS) {
      this.#notDone.add(
        `a chain has ${MOST_TARGETS} targets at most; ${id} and what follows it get no requests`,
      );
      return undefined;
    }
    const spec = this.#readTarget(id, connectTimeoutMs, balancing);
    if (spec !== undefined) this.#specs.set(id, spec);
    return spec;
  }

  #readTarget(
    id: string,
    connectTimeoutMs: number | undefined,
    balancing: Balancing | undefined,
  ): TargetSpec | undefined {
    const fields = record(this.#targets[id]);
    const service = text(fields['Service']);
    if (service === undefined) return undefined;
    this.#notDone.keys('discovery chain target', unknownKeys(fields, TARGET_KEYS));
    const subset = record(fields['Subset']);
    this.#notDone.keys(
      'service-resolver',
      unknownKeys(subset, SUBSET_KEYS).map((key) => `Subsets.${key}`),
    );
    const gateway = text(record(fields['MeshGateway'])['Mode']);
    if (gateway !== undefined && gateway !== 'none' && gateway !== 'default') {
      this.#notDone.add('MeshGateway has no effect here: endpoints are called at their own addresses');
    }
    const away = (name: string): string | undefined => {
      const value = text(fields[name]);
      return value === text(this.#chain[name]) || (value === 'default' && name !== 'Datacenter')
        ? undefined
        : value;
    };
    const peer = text(fields['Peer']);
    const datacenter = peer === undefined ? away('Datacenter') : undefined;
    const subsetName = text(fields['ServiceSubset']);
    const own = positiveMs(fields['ConnectTimeout']);
    const place = { datacenter, namespace: away('Namespace'), partition: away('Partition'), peer };
    return {
      label: targetLabel({ service, subset: subsetName, ...place }),
      service,
      query: false,
      tags: [],
      filter: text(subset['Filter']),
      onlyPassing: subset['OnlyPassing'] === true,
      ...place,
      connectTimeoutMs: own === undefined || own === DEFAULT_CONNECT_TIMEOUT_MS ? connectTimeoutMs : own,
      balancing,
    };
  }
}

function positiveMs(value: unknown): number | undefined {
  const ms = goDurationMs(value);
  return ms === undefined || ms === 0 ? undefined : Math.min(Math.max(1, ms), LONGEST_MS);
}

// Compiled discovery chains in Consul's words: the shapes of 1.8.7 as seen, those of later versions from their docs.

export interface TargetOptions {
  readonly subset?: string;
  readonly filter?: string;
  readonly onlyPassing?: boolean;
  /** Default dc1, which is the chain's own. */
  readonly datacenter?: string;
  readonly peer?: string;
  readonly extra?: object;
}

/** The id and the value of an entry of `Targets`. */
export function target(service: string, options: TargetOptions = {}): readonly [string, object] {
  const { subset, filter, onlyPassing, datacenter = 'dc1', peer, extra } = options;
  const id = `${subset === undefined ? '' : `${subset}.`}${service}.default.${peer === undefined ? datacenter : 'peer'}`;
  const value = {
    ID: id,
    Service: service,
    ...(subset === undefined ? {} : { ServiceSubset: subset }),
    Namespace: 'default',
    ...(peer === undefined ? { Datacenter: datacenter } : { Peer: peer }),
    MeshGateway: {},
    Subset: {
      ...(filter === undefined ? {} : { Filter: filter }),
      ...(onlyPassing === undefined ? {} : { OnlyPassing: onlyPassing }),
    },
    SNI: `${service}.default.${datacenter}.internal`,
    Name: `${service}.default.${datacenter}.internal`,
    ...extra,
  };
  return [id, value];
}

/** The field `Chain` of the response for payments. */
export function compiledChain(graph: {
  readonly start: string;
  readonly nodes: Readonly<Record<string, object>>;
  readonly targets: readonly (readonly [string, object])[];
}): object {
  return {
    ServiceName: 'payments',
    Namespace: 'default',
    Datacenter: 'dc1',
    Protocol: 'http',
    StartNode: graph.start,
    Nodes: graph.nodes,
    Targets: Object.fromEntries(graph.targets),
  };
}

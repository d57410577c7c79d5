// What goes with split, failover, subsets and shadow, and what cannot: targets that lead nowhere.

import type { Config, ServiceConfig } from './types.ts';

/** A mistake below a service. */
export interface ChainMistake {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

interface WrittenTarget {
  readonly service?: string | undefined;
  readonly subset?: string | undefined;
  readonly datacenter?: string | undefined;
  readonly peer?: string | undefined;
}

/** @param onlyDeclared whether only services of the configuration can be called */
export function chainMistakes(
  service: ServiceConfig,
  services: Config['services'],
  onlyDeclared: boolean,
): readonly ChainMistake[] {
  const { name, subsets, split = [], failover, shadow } = service;
  const targets: readonly (readonly [ChainMistake['path'], WrittenTarget])[] = [
    ...split.map((target, index) => [['split', index], target] as const),
    ...(failover?.to ?? []).map((target, index) => [['failover', 'to', index], target] as const),
  ];
  return [
    ...subsetsElsewhere(service, subsets),
    ...nearestElsewhere(service),
    ...targets.flatMap(([path, target]) => mistakesOf(path, target, name, services, onlyDeclared)),
    ...(failover?.to ?? []).flatMap((target, index) =>
      isSamePlace(target, name)
        ? [
            {
              path: ['failover', 'to', index],
              message: `expected another service, a subset, a datacenter or a peer: requests go to ${name} in any case`,
            },
          ]
        : [],
    ),
    ...(shadow?.to === name
      ? [{ path: ['shadow', 'to'], message: 'expected another service: copies would come back to this one' }]
      : []),
    ...(shadow !== undefined && onlyDeclared && !services.has(shadow.to)
      ? [{ path: ['shadow', 'to'], message: undeclared(shadow.to) }]
      : []),
    ...(shadow !== undefined && service.protocol === 'tcp'
      ? [{ path: ['shadow'], message: 'has no effect with protocol: tcp, where there are no requests' }]
      : []),
  ];
}

function isSamePlace(
  { service, ...elsewhere }: WrittenTarget & { readonly query?: string | undefined },
  home: string,
): boolean {
  return service === home && Object.values(elsewhere).every((value) => value === undefined);
}

/** Tags and filters are Consul's. */
function subsetsElsewhere({ discover }: ServiceConfig, subsets: ServiceConfig['subsets']): ChainMistake[] {
  if (subsets === undefined || discover === undefined || 'consul' in discover) return [];
  return [
    { path: ['subsets'], message: 'expected endpoints from Consul: others have no tags and no checks' },
  ];
}

/** Nodes are Consul's. */
function nearestElsewhere({ discover, failover }: ServiceConfig): ChainMistake[] {
  if (failover?.nearest === undefined || discover === undefined || 'consul' in discover) return [];
  return [
    {
      path: ['failover', 'nearest'],
      message: 'expected endpoints from Consul: others have no nodes with metadata',
    },
  ];
}

function mistakesOf(
  path: ChainMistake['path'],
  { service, subset, datacenter, peer }: WrittenTarget,
  home: string,
  services: Config['services'],
  onlyDeclared: boolean,
): ChainMistake[] {
  const called = service ?? home;
  const declared = services.get(called);
  const provider = declared?.discover;
  return [
    ...(onlyDeclared && declared === undefined
      ? [{ path: [...path, 'service'], message: undeclared(called) }]
      : []),
    ...(subset !== undefined && declared?.subsets?.[subset] === undefined
      ? [{ path: [...path, 'subset'], message: `expected one of the subsets of ${called}${known(declared)}` }]
      : []),
    ...(provider === undefined || 'consul' in provider
      ? []
      : Object.entries({ datacenter, peer }).flatMap(([key, value]) =>
          value === undefined
            ? []
            : [
                {
                  path: [...path, key],
                  message: `expected none: the endpoints of ${called} are not Consul's`,
                },
              ],
        )),
  ];
}

function known(declared: ServiceConfig | undefined): string {
  const names = Object.keys(declared?.subsets ?? {});
  return names.length === 0 ? ', which has none' : `: ${names.join(', ')}`;
}

function undeclared(service: string): string {
  return `${service} is not under services, and discovery.services is declared`;
}

// How a target is named for people, one name for one target of a chain.

export interface LabelledTarget {
  readonly service: string;
  readonly query?: boolean;
  readonly subset?: string | undefined;
  readonly datacenter?: string | undefined;
  readonly namespace?: string | undefined;
  readonly partition?: string | undefined;
  readonly peer?: string | undefined;
}

/** Such as `payments`, `payments/v2`, `payments@dc2`, `payments@peer:east` or `query:payments`. */
export function targetLabel(target: LabelledTarget): string {
  const { service, query = false, subset, datacenter, namespace, partition, peer } = target;
  const inner = [
    ...(partition === undefined ? [] : [`partition ${partition}`]),
    ...(namespace === undefined ? [] : [`namespace ${namespace}`]),
  ];
  return [
    query ? 'query:' : '',
    service,
    subset === undefined ? '' : `/${subset}`,
    datacenter === undefined ? '' : `@${datacenter}`,
    peer === undefined ? '' : `@peer:${peer}`,
    inner.length === 0 ? '' : ` (${inner.join(', ')})`,
  ].join('');
}

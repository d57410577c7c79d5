// Whether a target of a service's chain is the service's own endpoints, all of them.

import type { TargetSpec } from './chain-model.ts';

/** @param names of the service: as callers know it, and as Consul does; compared without regard to case */
export function isHomeTarget(spec: TargetSpec, ...names: readonly (string | undefined)[]): boolean {
  return (
    !spec.query &&
    isNamed(spec.service, names) &&
    spec.tags.length <= 1 &&
    spec.filter === undefined &&
    !spec.onlyPassing &&
    [spec.datacenter, spec.namespace, spec.partition, spec.peer].every((value) => value === undefined)
  );
}

export function isNamed(service: string, names: readonly (string | undefined)[]): boolean {
  const name = service.toLowerCase();
  return names.some((own) => own?.toLowerCase() === name);
}

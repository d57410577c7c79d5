// What goes with `translate`, and what cannot.

import type { Raw } from './raw.ts';
import { isRawMap, mergeRaw } from './raw.ts';
import type { ServiceConfig } from './types.ts';

/** A mistake below a service. */
export interface TranslationMistake {
  readonly path: readonly string[];
  readonly message: string;
}

/** gRPC is HTTP/2 in the clear unless something else is said. */
export function withTranslationDefaults(service: Raw): Raw {
  if (!isRawMap(service) || !isRawMap(service['translate'])) return service;
  const { grpcJson, grpcWeb } = service['translate'];
  if (grpcJson === undefined && grpcWeb === undefined) return service;
  return mergeRaw({ protocol: 'grpc' }, service) ?? null;
}

export function translationMistakes({
  translate,
  protocol,
  policy,
}: ServiceConfig): readonly TranslationMistake[] {
  if (translate === undefined) return [];
  if (protocol === 'tcp') {
    return [
      { path: ['translate'], message: 'has no effect with protocol: tcp, where there are no requests' },
    ];
  }
  const speaksGrpc = translate.grpcJsonReverse === undefined;
  if (speaksGrpc && protocol === 'http' && policy.tls === undefined) {
    return [
      {
        path: ['protocol'],
        message: 'expected grpc, or tls beside it: gRPC needs HTTP/2, which is not found out in the clear',
      },
    ];
  }
  if (!speaksGrpc && protocol === 'grpc') {
    return [
      { path: ['protocol'], message: 'expected http or h2c: with grpcJsonReverse its endpoints speak JSON' },
    ];
  }
  return [];
}

// What goes with `tls: { mode: connect }` and `auto`, and what cannot: pure.

import type { Config, PolicyConfig, ServiceConfig } from './types.ts';

/** A mistake below `defaults` or below a service. */
export interface ConnectMistake {
  readonly path: readonly string[];
  readonly message: string;
}

const OF_FILES = [
  'caFile',
  'certFile',
  'keyFile',
  'serverName',
  'subjectAltNames',
  'when',
  'verify',
] as const;

/**
 * @param isWritten whether a setting stands there in the file
 * @param service undefined for `defaults`
 */
export function connectMistakes(
  { tls }: PolicyConfig,
  service: ServiceConfig | undefined,
  register: Config['register'],
  isWritten: (path: readonly string[]) => boolean,
): readonly ConnectMistake[] {
  if (tls === undefined) return [];
  if (tls.mode === 'files') {
    return tls.connectAs !== undefined && isWritten(['tls', 'connectAs'])
      ? [{ path: ['tls', 'connectAs'], message: 'expected mode: connect or auto beside it' }]
      : [];
  }
  const isNamed = tls.connectAs !== undefined || register !== undefined;
  const discover = service?.discover;
  const isElsewhere =
    discover !== undefined && (!('consul' in discover) || discover.consul.query !== undefined);
  return [
    ...(isNamed || !isWritten(['tls', 'mode'])
      ? []
      : [
          {
            path: ['tls', 'mode'],
            message:
              'expected connectAs beside it, the name of the service whose certificate is shown, or register',
          },
        ]),
    ...OF_FILES.filter((key) => isWritten(['tls', key])).map((key) => ({
      path: ['tls', key],
      message: `has no effect with mode: ${tls.mode}, where certificates and names are those of Consul`,
    })),
    ...(isElsewhere && tls.mode === 'connect'
      ? [
          {
            path: ['discover'],
            message:
              "expected a service in Consul with tls.mode: connect: other endpoints are not of Consul's service mesh",
          },
        ]
      : []),
  ];
}

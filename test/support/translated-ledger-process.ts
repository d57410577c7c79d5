// A real ambassador as a process of its own, before instances of the sample service `ledger` by @grpc/grpc-js.

import type { TestContext } from 'node:test';
import type { AmbassadorProcess } from './ambassador-process.ts';
import { startAmbassador } from './ambassador-process.ts';
import type { GrpcJsLedger } from './grpc-js-ledger.ts';
import { startGrpcJsLedger } from './grpc-js-ledger.ts';
import { unusedPort } from './upstreams.ts';

export interface LedgerProcess {
  readonly ambassador: AmbassadorProcess;
  readonly endpoints: readonly GrpcJsLedger[];
  /** Of the service, without a slash at its end. */
  readonly url: string;
}

/** @param config over what stands here */
export async function startLedgerProcess(
  t: Pick<TestContext, 'after'>,
  { instances = 1, config = {} }: { instances?: number; config?: Readonly<Record<string, unknown>> } = {},
): Promise<LedgerProcess> {
  const endpoints = await Promise.all(
    Array.from({ length: instances }, (_, index) => startGrpcJsLedger(t, `ledger-${index + 1}`)),
  );
  const ambassador = await startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    config: {
      discovery: { services: 'declared' },
      services: {
        ledger: {
          discover: { endpoints: endpoints.map(({ port }) => `127.0.0.1:${port}`) },
          translate: { grpcJson: {}, grpcWeb: {} },
        },
      },
      ...config,
    },
  });
  await ambassador.untilReady();
  return { ambassador, endpoints, url: `${ambassador.url}/ledger` };
}

// The sample service `ledger` behind an ambassador that translates for it.

import type { TestContext } from 'node:test';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { LEDGER_DESCRIPTORS } from '../../src/demo/ledger/descriptors.ts';
import { startLedgerService } from '../../src/demo/ledger/ledger-service.ts';
import { connectDialect } from '../../src/translate/connect/connect-dialect.ts';
import { jsonDialect } from '../../src/translate/json/json-dialect.ts';
import { DescribedRoutes } from '../../src/translate/routed-description.ts';
import type { DescriptionSource, ServiceDescription } from '../../src/translate/service-description.ts';
import { ServiceTranslator } from '../../src/translate/service-translator.ts';
import type { ProxyOptions, ProxyUnderTest } from './proxy-under-test.ts';
import { startProxy } from './proxy-under-test.ts';

export const LEDGER_LIMIT = 64 * 1024;

export function ledgerDescription(): ServiceDescription {
  const registry = createFileRegistry(
    fromBinary(FileDescriptorSetSchema, Buffer.from(LEDGER_DESCRIPTORS, 'base64')),
  );
  const ledger = registry.getService('ledger.v1.Ledger');
  if (ledger === undefined) throw new Error('ledger.v1.Ledger is not described');
  return { registry, methods: ledger.methods };
}

export interface TranslatedLedger {
  readonly proxy: ProxyUnderTest;
  /** Of the service, without a slash at its end. */
  readonly url: string;
  /** Instances by name. */
  readonly kill: (instance: string) => Promise<void>;
}

/** @param instances how many; default one */
export async function startTranslatedLedger(
  t: TestContext,
  options: Partial<ProxyOptions> & {
    readonly instances?: number;
    readonly ignoreUnknownFields?: boolean;
  } = {},
): Promise<TranslatedLedger> {
  const { instances = 1, ignoreUnknownFields = false, ...proxyOptions } = options;
  const running = new Map(
    await Promise.all(
      Array.from({ length: instances }, async (_, i) => {
        const instance = `ledger-${i + 1}`;
        return [instance, await startLedgerService({ instance, host: '127.0.0.1', port: 0 })] as const;
      }),
    ),
  );
  const kill = async (instance: string): Promise<void> => {
    await running.get(instance)?.close();
    running.delete(instance);
  };
  t.after(() => Promise.all([...running.keys()].map(kill)));
  const current = ledgerDescription();
  const source: DescriptionSource = {
    current,
    fault: undefined,
    ready: () => Promise.resolve(current),
    close: () => {},
  };
  const described = new DescribedRoutes(source);
  const limits = { maxMessage: LEDGER_LIMIT, ignoreUnknownFields };
  const proxy = await startProxy(t, {
    services: { ledger: [...running.values()].map(({ port }) => ({ port, tags: ['grpc'] })) },
    translator: new ServiceTranslator(
      [connectDialect(limits, described), jsonDialect({ descriptors: undefined, ...limits }, described)],
      () => {},
    ),
    ...proxyOptions,
  });
  return { proxy, url: `${proxy.url}/ledger`, kill };
}

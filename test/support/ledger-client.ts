// A client of the demo's service `ledger` by connect-es, over whatever transport.

import type { DescService } from '@bufbuild/protobuf';
import type { CallOptions, Transport } from '@connectrpc/connect';
import { createClient } from '@connectrpc/connect';
import { ledgerRegistry } from '../../src/demo/ledger/ledger-service.ts';

/** google.protobuf.Duration. */
interface Duration {
  readonly seconds: bigint;
  readonly nanos: number;
}

export interface Account {
  readonly name: string;
  readonly holder: string;
  readonly balanceCents: bigint;
  readonly instance: string;
}

export interface Entry {
  readonly account: string;
  readonly id: string;
  /** 1 CREDIT, 2 DEBIT. */
  readonly kind: number;
  readonly amountCents: bigint;
  readonly instance: string;
}

export interface AccountRequest {
  readonly name: string;
  readonly delay?: Duration;
}

export interface EntriesRequest {
  readonly account: string;
  readonly count?: number;
  readonly pause?: Duration;
}

export interface LedgerCalls {
  getAccount(request: AccountRequest, options?: CallOptions): Promise<Account>;
  createEntry(
    request: { readonly account: string; readonly entry?: Partial<Entry> },
    options?: CallOptions,
  ): Promise<Entry>;
  listEntries(request: EntriesRequest, options?: CallOptions): AsyncIterable<Entry>;
  importEntries(
    requests: AsyncIterable<Partial<Entry>>,
    options?: CallOptions,
  ): Promise<{ readonly entries: number; readonly totalCents: bigint }>;
  watchAccounts(requests: AsyncIterable<AccountRequest>, options?: CallOptions): AsyncIterable<Account>;
}

export function ledgerClient(transport: Transport): LedgerCalls {
  const service: DescService | undefined = ledgerRegistry().getService('ledger.v1.Ledger');
  if (service === undefined) throw new Error('the ledger is not described');
  // Descriptors that are read at run time have no types of their own.
  return createClient(service, transport) as unknown as LedgerCalls;
}

export function seconds(count: number): Duration {
  return { seconds: BigInt(Math.floor(count)), nanos: Math.round((count % 1) * 1e9) };
}

export async function* each<T>(...items: readonly T[]): AsyncIterable<T> {
  yield* items;
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

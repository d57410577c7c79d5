// The sample service `ledger`: what proto/ledger/v1/ledger.proto says, as gRPC.

import type { FileRegistry, JsonObject } from '@bufbuild/protobuf';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { pause } from '../wait.ts';
import { LEDGER_DESCRIPTORS } from './descriptors.ts';
import { GrpcError } from './grpc-error.ts';
import type { Handler, RunningGrpcServer } from './grpc-server.ts';
import { startGrpcServer } from './grpc-server.ts';
import { REFLECTION_PATH, reflectionOf } from './reflection.ts';

const OPENED = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const DEFAULT_ENTRIES = 5;
const MOST_ENTRIES = 1_000;
const LONGEST_PAUSE_MS = 10_000;

interface KnownAccount {
  readonly holder: string;
  readonly balanceCents: number;
}

const ACCOUNTS: ReadonlyMap<string, KnownAccount> = new Map([
  ['accounts/alice', { holder: 'Alice', balanceCents: 125_000 }],
  ['accounts/bob', { holder: 'Bob', balanceCents: 4_200 }],
]);

export interface LedgerOptions {
  /** Stands in what it responds. */
  readonly instance: string;
  readonly host: string;
  /** 0 for one of the system's choice. */
  readonly port: number;
}

export function startLedgerService({ instance, host, port }: LedgerOptions): Promise<RunningGrpcServer> {
  const registry = ledgerRegistry();
  return startGrpcServer({ registry, handlers: ledgerHandlers(instance, registry), host, port });
}

export function ledgerRegistry(): FileRegistry {
  const bytes = Buffer.from(LEDGER_DESCRIPTORS, 'base64');
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
}

/** By path. */
export function ledgerHandlers(instance: string, registry: FileRegistry): ReadonlyMap<string, Handler> {
  const handlers = new Map<string, Handler>([
    [REFLECTION_PATH, reflectionOf(registry)],
    ['/grpc.health.v1.Health/Check', unary(() => ({ status: 'SERVING' }))],
  ]);
  for (const [method, handler] of Object.entries(methodsOf(instance))) {
    handlers.set(`/ledger.v1.Ledger/${method}`, handler);
  }
  return handlers;
}

function methodsOf(instance: string): Readonly<Record<string, Handler>> {
  const accountAt = async ({ name, delay }: JsonObject, signal: AbortSignal): Promise<JsonObject> => {
    await pause(milliseconds(delay), signal);
    const account = known(name);
    return { name: String(name), ...account, opened: dateOf(0), instance };
  };
  return {
    GetAccount: unary(accountAt),

    CreateEntry: unary(({ account, entry }) => {
      const { balanceCents } = known(account);
      const wanted = entry !== null && typeof entry === 'object' && !Array.isArray(entry) ? entry : {};
      const amount = Number(wanted['amountCents'] ?? 0);
      if (amount <= 0) throw noAmount();
      if (wanted['kind'] === 'DEBIT' && amount > balanceCents) throw tooMuch(account, balanceCents);
      return { ...wanted, account: account ?? '', id: `${account}/entries/1`, at: dateOf(1), instance };
    }),

    async *ListEntries(requests, signal) {
      const { account, count, pause: between } = await onlyOf(requests);
      known(account);
      const asked = Number(count ?? 0);
      const wanted = Math.min(asked > 0 ? asked : DEFAULT_ENTRIES, MOST_ENTRIES);
      for (let number = 1; number <= wanted; number++) {
        if (number > 1) await pause(milliseconds(between), signal);
        yield {
          account: account ?? '',
          id: `${account}/entries/${number}`,
          kind: number % 3 === 0 ? 'DEBIT' : 'CREDIT',
          amountCents: String(number * 100),
          memo: `entry ${number}`,
          at: dateOf(number),
          instance,
        };
      }
    },

    async *ImportEntries(requests) {
      let entries = 0;
      let totalCents = 0n;
      for await (const { account, kind, amountCents } of requests) {
        known(account);
        entries++;
        totalCents += BigInt(String(amountCents ?? 0)) * (kind === 'DEBIT' ? -1n : 1n);
      }
      yield { entries, totalCents: String(totalCents), instance };
    },

    async *WatchAccounts(requests, signal) {
      for await (const request of requests) yield await accountAt(request, signal);
    },
  };
}

/** A method with one message in each direction. */
function unary(
  respond: (request: JsonObject, signal: AbortSignal) => JsonObject | Promise<JsonObject>,
): Handler {
  return async function* handle(requests, signal) {
    yield await respond(await onlyOf(requests), signal);
  };
}

async function onlyOf(requests: AsyncIterable<JsonObject>): Promise<JsonObject> {
  let only: JsonObject | undefined;
  for await (const request of requests) {
    if (only !== undefined) throw new GrpcError('INVALID_ARGUMENT', 'the method takes one message');
    only = request;
  }
  if (only === undefined) throw new GrpcError('INVALID_ARGUMENT', 'the method takes a message');
  return only;
}

function known(name: unknown): KnownAccount {
  const account = ACCOUNTS.get(String(name));
  if (account !== undefined) return account;
  throw new GrpcError('NOT_FOUND', `There is no account ${name}.`, [
    {
      '@type': 'type.googleapis.com/google.rpc.ResourceInfo',
      resourceType: 'ledger.v1.Account',
      resourceName: String(name),
      description: `There are ${[...ACCOUNTS.keys()].join(' and ')}.`,
    },
  ]);
}

function noAmount(): GrpcError {
  return new GrpcError('INVALID_ARGUMENT', 'An entry has an amount.', [
    {
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      fieldViolations: [{ field: 'entry.amount_cents', description: 'expected more than 0' }],
    },
  ]);
}

function tooMuch(account: unknown, balanceCents: number): GrpcError {
  return new GrpcError('FAILED_PRECONDITION', 'There is not so much in the account.', [
    {
      '@type': 'type.googleapis.com/google.rpc.PreconditionFailure',
      violations: [
        { type: 'BALANCE', subject: String(account), description: `${balanceCents} cents are left` },
      ],
    },
  ]);
}

function dateOf(day: number): string {
  return new Date(OPENED + day * DAY_MS).toISOString();
}

/** @param duration as JSON has it: `1.5s` */
function milliseconds(duration: unknown): number {
  if (typeof duration !== 'string') return 0;
  return Math.min(Math.max(0, Number.parseFloat(duration) * 1_000), LONGEST_PAUSE_MS);
}

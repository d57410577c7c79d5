// The sample service `ledger` by @grpc/grpc-js: the same methods on the server that most of Node.js uses.

import type { TestContext } from 'node:test';
import type { DescMethod, JsonObject } from '@bufbuild/protobuf';
import { fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import * as grpc from '@grpc/grpc-js';
import { GrpcError } from '../../src/demo/ledger/grpc-error.ts';
import { ledgerHandlers, ledgerRegistry } from '../../src/demo/ledger/ledger-service.ts';

export interface GrpcJsLedger {
  readonly port: number;
  /** Paths of the ledger's methods that were called, in order: what the ambassador asks for itself does not count. */
  readonly calls: readonly string[];
  readonly cancelled: () => number;
  /** The metadata of the last call. */
  readonly metadata: () => grpc.Metadata | undefined;
  /** Waits until a message of a response has been given to the kernel. */
  readonly untilWritten: () => Promise<void>;
  /** Ends it with everything under way. */
  kill(): void;
}

const LEDGER = 'ledger.v1.Ledger';

const registry = ledgerRegistry();

/** @param credentials default: in the clear */
export async function startGrpcJsLedger(
  t: Pick<TestContext, 'after'>,
  instance: string,
  credentials = grpc.ServerCredentials.createInsecure(),
): Promise<GrpcJsLedger> {
  const server = new grpc.Server();
  const calls: string[] = [];
  let cancelled = 0;
  let noticeWritten = (): void => {};
  const written = new Promise<void>((resolve) => {
    noticeWritten = resolve;
  });
  let metadata: grpc.Metadata | undefined;
  const handlers = ledgerHandlers(instance, registry);
  for (const service of [...registry].filter((type) => type.kind === 'service')) {
    const definition: Record<string, grpc.MethodDefinition<JsonObject, JsonObject>> = {};
    const implementation: UntypedServiceImplementation = {};
    for (const method of service.methods) {
      const path = `/${service.typeName}/${method.name}`;
      const handler = handlers.get(path);
      if (handler === undefined) continue;
      definition[method.name] = definitionOf(method, path);
      implementation[method.name] = (call: grpc.ServerDuplexStream<JsonObject, JsonObject>) => {
        const left = new AbortController();
        call.on('cancelled', () => left.abort());
        if (service.typeName === LEDGER) {
          calls.push(path);
          metadata = call.metadata;
          call.on('cancelled', () => cancelled++);
        }
        // The call responds after its last request, and would be destroyed then.
        void respond(call, handler(call.iterator({ destroyOnReturn: false }), left.signal), noticeWritten);
      };
    }
    server.addService(definition, implementation);
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, at) => (error ? reject(error) : resolve(at)));
  });
  t.after(() => server.forceShutdown());
  return {
    port,
    calls,
    cancelled: () => cancelled,
    metadata: () => metadata,
    untilWritten: () => written,
    kill: () => server.forceShutdown(),
  };
}

/** Of whatever kind: on the wire each is one of streams. */
function definitionOf(
  { input, output }: DescMethod,
  path: string,
): grpc.MethodDefinition<JsonObject, JsonObject> {
  return {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: (json) => Buffer.from(toBinary(input, fromJson(input, json, { registry }))),
    requestDeserialize: (bytes) =>
      toJson(input, fromBinary(input, bytes), { registry, alwaysEmitImplicit: true }) as JsonObject,
    responseSerialize: (json) => Buffer.from(toBinary(output, fromJson(output, json, { registry }))),
    responseDeserialize: (bytes) => toJson(output, fromBinary(output, bytes), { registry }) as JsonObject,
  };
}

async function respond(
  call: grpc.ServerDuplexStream<JsonObject, JsonObject>,
  responses: AsyncIterable<JsonObject>,
  written: () => void,
): Promise<void> {
  try {
    for await (const response of responses) call.write(response, written);
    call.end();
  } catch (thrown) {
    if (call.cancelled) return;
    const error = GrpcError.from(thrown);
    const trailers = new grpc.Metadata();
    const status = error.statusIn(registry);
    if (status !== undefined) trailers.set('grpc-status-details-bin', status);
    call.emit('error', { code: error.code, details: error.message, metadata: trailers });
  }
}

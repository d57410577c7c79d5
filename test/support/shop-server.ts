// A gRPC server by @grpc/grpc-js of the service `shop.v1.Shop`, whose methods return what they are sent, with server
// reflection or without.

import type { TestContext } from 'node:test';
import type { ServerCredentials, UntypedServiceImplementation } from '@grpc/grpc-js';
import * as grpc from '@grpc/grpc-js';
import { respondToReflection } from './reflection-responder.ts';
import { ITEM_FILE, shopFile } from './shop-descriptors.ts';

export interface ShopServerOptions {
  /** Default: Get alone. */
  readonly methods?: readonly string[];
  /** Versions of reflection that it has. Default: v1 alone. */
  readonly reflection?: readonly ('v1' | 'v1alpha')[];
  readonly port?: number;
  readonly credentials?: ServerCredentials;
}

export interface ShopServer {
  readonly port: number;
  /** How many streams of reflection were begun. */
  readonly reflected: () => number;
  /** Ends it with everything under way, as a process that is killed does. */
  kill(): void;
}

const same = (bytes: Buffer): Buffer => bytes;

const BYTES = {
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
};

export async function startShop(
  t: Pick<TestContext, 'after'>,
  {
    methods = ['Get'],
    reflection = ['v1'],
    port = 0,
    credentials = grpc.ServerCredentials.createInsecure(),
  }: ShopServerOptions = {},
): Promise<ShopServer> {
  const server = new grpc.Server();
  let reflected = 0;
  const echo: UntypedServiceImplementation[string] = (
    call: grpc.ServerUnaryCall<Buffer, Buffer>,
    respond: grpc.sendUnaryData<Buffer>,
  ) => respond(null, call.request);
  const unary = (name: string) => ({
    path: `/shop.v1.Shop/${name}`,
    requestStream: false,
    responseStream: false,
    ...BYTES,
  });
  server.addService(
    Object.fromEntries(methods.map((name) => [name, unary(name)])),
    Object.fromEntries(methods.map((name) => [name, echo])),
  );
  for (const version of reflection) {
    const info = {
      path: `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
      requestStream: true,
      responseStream: true,
      ...BYTES,
    };
    server.addService(
      { info },
      {
        info: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
          reflected++;
          const reflectable = { services: ['shop.v1.Shop'], files: [shopFile(methods), ITEM_FILE] };
          call.on('data', (request: Buffer) => call.write(respondToReflection(reflectable, request)));
          call.on('end', () => call.end());
        },
      },
    );
  }
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, at) => (error ? reject(error) : resolve(at)));
  });
  t.after(() => server.forceShutdown());
  return { port: bound, reflected: () => reflected, kill: () => server.forceShutdown() };
}

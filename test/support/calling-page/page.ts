// What runs in the browser: clients of the sample service `ledger` by connect-web and by grpc-web.

import type { DescMessage, Message } from '@bufbuild/protobuf';
import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import { base64Decode } from '@bufbuild/protobuf/wire';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { GrpcWebClientBase, MethodDescriptor, MethodType } from 'grpc-web';

/** What calls came to, as the test compares it. */
export interface PageReport {
  readonly holder: string;
  /** Which entries of the stream came. */
  readonly entries: readonly string[];
  /** Code, message, and whether there were details. */
  readonly failure: readonly [code: number, message: string, details: boolean];
}

/** Where the test finds these functions. */
export interface CallingPage {
  /** @param descriptors an encoded google.protobuf.FileDescriptorSet in base64 */
  connectWeb(protocol: 'connect' | 'grpcWeb', baseUrl: string, descriptors: string): Promise<PageReport>;
  /** @returns why a call does not come about */
  connectWebRefusal(protocol: 'connect' | 'grpcWeb', baseUrl: string, descriptors: string): Promise<string>;
  grpcWeb(format: 'text' | 'binary', baseUrl: string, descriptors: string): Promise<PageReport>;
}

type Fields = Readonly<Record<string, unknown>>;

interface LedgerCalls {
  getAccount(request: Fields): Promise<{ readonly holder: string }>;
  listEntries(request: Fields): AsyncIterable<{ readonly id: string }>;
}

function ledgerService(descriptors: string) {
  const set = fromBinary(FileDescriptorSetSchema, base64Decode(descriptors));
  const service = createFileRegistry(set).getService('ledger.v1.Ledger');
  if (service === undefined) throw new Error('ledger.v1.Ledger is not described');
  return service;
}

function ledgerCalls(protocol: 'connect' | 'grpcWeb', baseUrl: string, descriptors: string): LedgerCalls {
  const transport =
    protocol === 'connect' ? createConnectTransport({ baseUrl }) : createGrpcWebTransport({ baseUrl });
  // Descriptors that are read at run time have no types of their own.
  return createClient(ledgerService(descriptors), transport) as unknown as LedgerCalls;
}

async function connectWeb(
  protocol: 'connect' | 'grpcWeb',
  baseUrl: string,
  descriptors: string,
): Promise<PageReport> {
  const ledger = ledgerCalls(protocol, baseUrl, descriptors);
  const { holder } = await ledger.getAccount({ name: 'accounts/alice' });
  const entries: string[] = [];
  for await (const { id } of ledger.listEntries({ account: 'accounts/alice', count: 3 })) entries.push(id);
  const failed = await ledger.getAccount({ name: 'accounts/carol' }).then(
    () => undefined,
    (error: unknown) => ConnectError.from(error),
  );
  if (failed === undefined) throw new Error('there is an account that is not there');
  return { holder, entries, failure: [failed.code, failed.rawMessage, failed.details.length > 0] };
}

function connectWebRefusal(
  protocol: 'connect' | 'grpcWeb',
  baseUrl: string,
  descriptors: string,
): Promise<string> {
  return ledgerCalls(protocol, baseUrl, descriptors)
    .getAccount({ name: 'accounts/alice' })
    .then(
      () => 'it was not refused',
      (error: unknown) => ConnectError.from(error).message,
    );
}

function methodDescriptor(path: string, type: string, input: DescMessage, output: DescMessage) {
  // Only generated code has constructors of messages, and the library does not call them.
  const unused = Object as unknown as new () => Message;
  return new MethodDescriptor<Message, Message>(
    path,
    type,
    unused,
    unused,
    (message: Message) => toBinary(input, message),
    (bytes: Uint8Array) => fromBinary(output, bytes),
  );
}

async function grpcWeb(format: 'text' | 'binary', baseUrl: string, descriptors: string): Promise<PageReport> {
  const service = ledgerService(descriptors);
  const client = new GrpcWebClientBase({ format });
  const prepare = (name: string, type: string, fields: Fields) => {
    const method = service.methods.find((known) => known.name === name);
    if (method === undefined) throw new Error(`there is no ${name}`);
    const path = `/ledger.v1.Ledger/${name}`;
    const request = create(method.input, fields);
    return [
      `${baseUrl}${path}`,
      request,
      {},
      methodDescriptor(path, type, method.input, method.output),
    ] as const;
  };
  const account = await client.unaryCall(
    ...prepare('GetAccount', MethodType.UNARY, { name: 'accounts/alice' }),
  );
  const entries: string[] = [];
  const stream = client.serverStreaming(
    ...prepare('ListEntries', MethodType.SERVER_STREAMING, { account: 'accounts/alice', count: 3 }),
  );
  await new Promise<void>((resolve, reject) => {
    stream.on('data', (entry) => entries.push(String((entry as unknown as Fields)['id'])));
    stream.on('error', reject);
    stream.on('end', resolve);
  });
  const failure = await client
    .unaryCall(...prepare('GetAccount', MethodType.UNARY, { name: 'accounts/carol' }))
    .then(
      () => undefined,
      (error: { code: number; message: string; metadata: Readonly<Record<string, string>> }) => error,
    );
  if (failure === undefined) throw new Error('there is an account that is not there');
  return {
    holder: String((account as unknown as Fields)['holder']),
    entries,
    failure: [failure.code, failure.message, 'grpc-status-details-bin' in failure.metadata],
  };
}

Object.assign(globalThis, { calls: { connectWeb, connectWebRefusal, grpcWeb } satisfies CallingPage });

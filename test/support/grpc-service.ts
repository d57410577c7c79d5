// A gRPC service and its client by @grpc/grpc-js, after gRPC's interoperability tests (doc/interop-test-descriptions.md):
// messages are bytes as they are, so that no descriptor is needed.

import type { TestContext } from 'node:test';
import type {
  ChannelCredentials,
  Client,
  ClientOptions,
  ServerCredentials,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import * as grpc from '@grpc/grpc-js';

const same = (bytes: Buffer): Buffer => bytes;

function method(name: string, requestStream: boolean, responseStream: boolean) {
  return {
    path: `/interop.Ledger/${name}`,
    requestStream,
    responseStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

const LEDGER = {
  unary: method('Unary', false, false),
  clientStream: method('ClientStream', true, false),
  serverStream: method('ServerStream', false, true),
  duplex: method('Duplex', true, true),
} satisfies ServiceDefinition;

/** What calls of every kind have in common at the server. */
interface ServerCall {
  readonly metadata: grpc.Metadata;
  on(event: 'cancelled', listener: () => void): unknown;
  sendMetadata(metadata: grpc.Metadata): void;
}

export interface LedgerServer {
  readonly port: number;
  /** Calls that were cancelled by their client. */
  readonly cancelled: () => number;
  readonly calls: () => number;
  /** Ends it with everything under way, as a process that is killed does. */
  kill(): void;
}

/**
 * Unary echoes its message; with the metadata `x-status` (and `x-message`, with a space behind it where
 * `x-message-ends-in-space` is there) it fails so. ClientStream sums up lengths.
 * ServerStream sends as many bytes each as its message lists (`10,20`). Duplex echoes each message. `x-hang` never
 * responds. Metadata named `x-echo` and `x-echo-bin` come back, the second in the trailers.
 */
export async function startLedger(
  t: Pick<TestContext, 'after'>,
  credentials: ServerCredentials = grpc.ServerCredentials.createInsecure(),
  port = 0,
): Promise<LedgerServer> {
  let cancelled = 0;
  let calls = 0;
  const server = new grpc.Server({ 'grpc.max_receive_message_length': -1 });
  const begin = (call: ServerCall): void => {
    calls++;
    call.on('cancelled', () => cancelled++);
    const echo = call.metadata.get('x-echo')[0];
    if (echo !== undefined) {
      const initial = new grpc.Metadata();
      initial.set('x-echo', echo);
      call.sendMetadata(initial);
    }
  };
  const trailersOf = (metadata: grpc.Metadata): grpc.Metadata => {
    const trailers = new grpc.Metadata();
    const echo = metadata.get('x-echo-bin')[0];
    if (echo !== undefined) trailers.set('x-echo-bin', echo);
    return trailers;
  };
  const failure = (metadata: grpc.Metadata) => {
    const code = metadata.get('x-status')[0];
    if (code === undefined) return undefined;
    const end = metadata.get('x-message-ends-in-space').length > 0 ? ' ' : '';
    return { code: Number(code), details: `${metadata.get('x-message')[0] ?? ''}${end}` };
  };
  const implementation: UntypedServiceImplementation = {
    unary: (call: grpc.ServerUnaryCall<Buffer, Buffer>, respond: grpc.sendUnaryData<Buffer>) => {
      begin(call);
      if (call.metadata.get('x-hang').length > 0) return;
      const failed = failure(call.metadata);
      respond(failed ?? null, call.request, trailersOf(call.metadata));
    },
    clientStream: (call: grpc.ServerReadableStream<Buffer, Buffer>, respond: grpc.sendUnaryData<Buffer>) => {
      begin(call);
      let length = 0;
      call.on('data', (message: Buffer) => {
        length += message.length;
      });
      call.on('end', () => respond(null, Buffer.from(String(length))));
    },
    serverStream: (call: grpc.ServerWritableStream<Buffer, Buffer>) => {
      begin(call);
      for (const size of call.request.toString().split(',')) call.write(Buffer.alloc(Number(size), 'x'));
      call.end(trailersOf(call.metadata));
    },
    duplex: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
      begin(call);
      call.on('data', (message: Buffer) => call.write(message));
      call.on('end', () => call.end(trailersOf(call.metadata)));
    },
  };
  server.addService(LEDGER, implementation);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, at) => (error ? reject(error) : resolve(at)));
  });
  t.after(() => server.forceShutdown());
  return {
    port: bound,
    cancelled: () => cancelled,
    calls: () => calls,
    kill: () => server.forceShutdown(),
  };
}

/** How the client names the service. */
export interface LedgerAddress {
  /** `host:port` of the ambassador. */
  readonly target: string;
  /** Sent as `:authority` in place of the target. */
  readonly authority?: string;
  /** Sent with each call. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Stands before the path of each method. */
  readonly prefix?: string;
}

export interface CallEnd {
  readonly code: number;
  readonly details: string;
  readonly initial: grpc.Metadata;
  readonly trailers: grpc.Metadata;
  /** The messages that came, in order. */
  readonly messages: readonly Buffer[];
}

export interface CallOptions {
  readonly metadata?: Readonly<Record<string, string | Buffer>>;
  readonly deadlineMs?: number;
  /** Called with each message that comes, and a way to cancel or to send more. */
  readonly onMessage?: (count: number, call: grpc.ClientDuplexStream<Buffer, Buffer>) => void;
  /** Called once it has begun. */
  readonly onBegun?: (call: grpc.ClientDuplexStream<Buffer, Buffer>) => void;
  /** Whether the client's side ends behind the messages. Default true. */
  readonly ends?: boolean;
}

export class LedgerClient {
  readonly #client: Client;
  readonly #address: LedgerAddress;

  constructor(
    t: Pick<TestContext, 'after'>,
    address: LedgerAddress,
    credentials: ChannelCredentials = grpc.credentials.createInsecure(),
  ) {
    const options: ClientOptions = {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_receive_message_length': -1,
      ...(address.authority === undefined ? {} : { 'grpc.default_authority': address.authority }),
    };
    this.#address = address;
    this.#client = new grpc.Client(address.target, credentials, options);
    t.after(() => this.#client.close());
  }

  /** Every kind of call as one of streams, which on the wire it is. */
  call(name: keyof typeof LEDGER, messages: readonly Buffer[], options: CallOptions = {}): Promise<CallEnd> {
    const metadata = new grpc.Metadata();
    for (const [key, value] of Object.entries({ ...this.#address.metadata, ...options.metadata })) {
      metadata.set(key, value);
    }
    const deadline = Date.now() + (options.deadlineMs ?? 20_000);
    const path = `${this.#address.prefix ?? ''}${LEDGER[name].path}`;
    const call = this.#client.makeBidiStreamRequest(path, same, same, metadata, { deadline });
    const received: Buffer[] = [];
    let initial = new grpc.Metadata();
    const ended = new Promise<CallEnd>((resolve) => {
      call.on('metadata', (each: grpc.Metadata) => {
        initial = each;
      });
      call.on('data', (message: Buffer) => {
        received.push(message);
        options.onMessage?.(received.length, call);
      });
      // The status says it.
      call.on('error', () => {});
      call.on('status', ({ code, details, metadata: trailers }) => {
        resolve({ code, details, initial, trailers, messages: received });
      });
    });
    for (const message of messages) call.write(message);
    if (options.ends !== false) call.end();
    options.onBegun?.(call);
    return ended;
  }
}

// A server of gRPC over node:http2 in the clear, with no more than the sample service needs. Methods take and give
// messages as JSON, which the descriptors turn into bytes. Source: gRPC over HTTP/2.

import { once } from 'node:events';
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:http2';
import type { DescMethod, FileRegistry, JsonObject, JsonValue } from '@bufbuild/protobuf';
import { fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import { callTimeoutMs } from '../../http/deadline.ts';
import { grpcMessage } from '../../http/grpc.ts';
import { FrameReader, frame } from '../../translate/grpc-frames.ts';
import { GrpcError } from './grpc-error.ts';

const MAX_MESSAGE_BYTES = 1024 * 1024;

/**
 * Carries out a method of any kind.
 * @param requests the messages of the client, as they come
 * @param signal aborted when the client has left, or its deadline is over
 */
export type Handler = (requests: AsyncIterable<JsonObject>, signal: AbortSignal) => AsyncIterable<JsonObject>;

export interface GrpcServerOptions {
  readonly registry: FileRegistry;
  /** By path, such as `/ledger.v1.Ledger/GetAccount`. */
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly host: string;
  /** 0 for one of the system's choice. */
  readonly port: number;
}

export interface RunningGrpcServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startGrpcServer(options: GrpcServerOptions): Promise<RunningGrpcServer> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {});
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream: ServerHttp2Stream, fields: IncomingHttpHeaders) => {
    void serve(stream, fields, options);
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the gRPC server has no port');
  return {
    port: address.port,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}

/** Never throws. */
async function serve(
  stream: ServerHttp2Stream,
  fields: IncomingHttpHeaders,
  { registry, handlers }: GrpcServerOptions,
): Promise<void> {
  const left = new AbortController();
  stream.on('close', () => left.abort());
  stream.on('error', () => left.abort());
  const timeoutMs = callTimeoutMs(['grpc-timeout', String(fields['grpc-timeout'])], 0);
  const late = (): void => {
    left.abort();
    end(
      stream,
      trailersOf(new GrpcError('DEADLINE_EXCEEDED', 'The deadline of the call is over.'), registry),
    );
  };
  const deadline = timeoutMs > 0 ? setTimeout(late, timeoutMs) : undefined;
  try {
    const path = String(fields[':path']);
    const handler = handlers.get(path);
    const method = methodAt(path, registry);
    if (handler === undefined || method === undefined)
      throw new GrpcError('UNIMPLEMENTED', `no method ${path}`);
    const requests = requestsOf(stream, method, registry);
    for await (const response of handler(requests, left.signal)) {
      begin(stream);
      const message = toBinary(method.output, fromJson(method.output, response, { registry }));
      if (!stream.write(frame(message))) await once(stream, 'drain', { signal: left.signal });
    }
    end(stream, { 'grpc-status': '0' });
  } catch (error) {
    if (left.signal.aborted) return;
    end(stream, trailersOf(GrpcError.from(error), registry));
  } finally {
    clearTimeout(deadline);
  }
}

function begin(stream: ServerHttp2Stream): void {
  if (stream.headersSent) return;
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
}

function end(stream: ServerHttp2Stream, trailers: Readonly<Record<string, string>>): void {
  if (stream.destroyed) return;
  if (!stream.headersSent) {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...trailers }, { endStream: true });
    // What still comes of the request is not wanted.
    stream.resume();
    return;
  }
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end();
}

function methodAt(path: string, registry: FileRegistry): DescMethod | undefined {
  const [, service = '', name] = path.split('/');
  return registry.getService(service)?.methods.find((method) => method.name === name);
}

async function* requestsOf(
  stream: ServerHttp2Stream,
  { input }: DescMethod,
  registry: FileRegistry,
): AsyncIterable<JsonObject> {
  const ready: Buffer[] = [];
  const reader = new FrameReader(MAX_MESSAGE_BYTES, (message) => ready.push(message));
  // A method that fails in between has trailers to send all the same.
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    reader.push(chunk);
    for (const message of ready.splice(0)) {
      yield asObject(toJson(input, fromBinary(input, message), { registry, alwaysEmitImplicit: true }));
    }
  }
  reader.end();
}

function asObject(json: JsonValue): JsonObject {
  return json !== null && typeof json === 'object' && !Array.isArray(json) ? json : {};
}

function trailersOf(error: GrpcError, registry: FileRegistry): Record<string, string> {
  const trailers = { 'grpc-status': String(error.code), 'grpc-message': grpcMessage(error.message) };
  const status = error.statusIn(registry);
  return status === undefined
    ? trailers
    : { ...trailers, 'grpc-status-details-bin': status.toString('base64') };
}

// What is measured by protocol: what clients speak with the proxy, and it with its endpoints.

export type ClientProtocol = 'HTTP/1.1' | 'h2c' | 'TCP';
export type EndpointProtocol = 'HTTP/1.1' | 'h2c' | 'HTTP/1.1 over TLS' | 'TCP';

export interface Row {
  readonly name: string;
  readonly title: string;
  readonly client: ClientProtocol;
  readonly endpoint: EndpointProtocol;
  /** At the endpoint. */
  readonly path: string;
  /** Whether requests are calls of gRPC. */
  readonly grpc: boolean;
  /** Clients speak JSON, and endpoints gRPC. Default false. */
  readonly translated?: true;
}

/** Messages of gRPC in the response to each path, with the bytes of each. */
export const GRPC_RESPONSES: Readonly<Record<string, readonly number[]>> = {
  '/bench.Ledger/Unary': [100],
  '/bench.Ledger/Stream': Array.from({ length: 16 }, () => 64 * 1024),
};

export const ROWS: readonly Row[] = [
  {
    name: 'h2c-h2c',
    title: 'GET of 100 bytes, HTTP/2 to HTTP/2, 4 connections of 16 streams',
    client: 'h2c',
    endpoint: 'h2c',
    path: '/small',
    grpc: false,
  },
  {
    name: 'h1-h2c',
    title: 'GET of 100 bytes, HTTP/1.1 to HTTP/2, 64 connections',
    client: 'HTTP/1.1',
    endpoint: 'h2c',
    path: '/small',
    grpc: false,
  },
  {
    name: 'grpc-unary',
    title: 'gRPC, unary, messages of 100 bytes, 4 connections of 16 streams',
    client: 'h2c',
    endpoint: 'h2c',
    path: '/bench.Ledger/Unary',
    grpc: true,
  },
  {
    name: 'grpc-stream',
    title: 'gRPC, a stream of 16 messages of 64 KiB, 4 connections of 16 streams',
    client: 'h2c',
    endpoint: 'h2c',
    path: '/bench.Ledger/Stream',
    grpc: true,
  },
  {
    name: 'json-grpc',
    title: 'JSON to gRPC, unary: GET over HTTP/1.1, a message of 59 bytes over HTTP/2, 64 connections',
    client: 'HTTP/1.1',
    endpoint: 'h2c',
    path: '/v1/accounts/alice',
    grpc: true,
    translated: true,
  },
  {
    name: 'tls',
    title: 'GET of 100 bytes, HTTP/1.1 to HTTP/1.1 over TLS, verified, 64 connections',
    client: 'HTTP/1.1',
    endpoint: 'HTTP/1.1 over TLS',
    path: '/small',
    grpc: false,
  },
  {
    name: 'tcp',
    title: 'TCP byte for byte, with GETs of 64 KiB in it, 64 connections',
    client: 'TCP',
    endpoint: 'TCP',
    path: '/64k',
    grpc: false,
  },
];

/** A message as gRPC frames it: whether it is compressed, its length, its bytes. */
export function grpcMessages(sizes: readonly number[]): Buffer {
  return Buffer.concat(
    sizes.map((size) => {
      const message = Buffer.alloc(5 + size, 'x');
      message.writeUInt8(0, 0);
      message.writeUInt32BE(size, 1);
      return message;
    }),
  );
}

// The kinds of request that every proxy is measured with.

export interface Shape {
  readonly name: string;
  readonly title: string;
  readonly method: 'GET' | 'POST';
  /** At the upstream; a proxy is called with the service's name before it. */
  readonly path: string;
  /** Bytes of the request's content; 0 for none. */
  readonly requestBytes: number;
  /** Connections of the load generator. */
  readonly connections: number;
}

/** Bytes of content that the upstream answers at each path. */
export const UPSTREAM_PATHS: Readonly<Record<string, number>> = {
  '/small': 100,
  '/64k': 64 * 1024,
  '/post': 100,
};

export const SHAPES: readonly Shape[] = [
  {
    name: 'small',
    title: 'GET, answers of 100 bytes, 64 connections',
    method: 'GET',
    path: '/small',
    requestBytes: 0,
    connections: 64,
  },
  {
    name: '64k',
    title: 'GET, answers of 64 KiB, 64 connections',
    method: 'GET',
    path: '/64k',
    requestBytes: 0,
    connections: 64,
  },
  {
    name: 'post16k',
    title: 'POST of 16 KiB, answers of 100 bytes, 64 connections',
    method: 'POST',
    path: '/post',
    requestBytes: 16 * 1024,
    connections: 64,
  },
  {
    name: 'conns',
    title: 'GET, answers of 100 bytes, 1,000 connections',
    method: 'GET',
    path: '/small',
    requestBytes: 0,
    connections: 1_000,
  },
];

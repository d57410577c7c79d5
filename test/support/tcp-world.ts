// Services that are called over TCP, through the request path as it runs in production: real sockets, and endpoints
// that the test hands in.

import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';
import type { ConnectionFacts } from '../../src/core/connection-facts.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { systemRandom } from '../../src/core/random.ts';
import { systemClock } from '../../src/core/system-clock.ts';
import type { ServiceRef } from '../../src/discovery/service-ref.ts';
import { serviceNamed } from '../../src/discovery/service-ref.ts';
import type { EndpointSink, NameLookup } from '../../src/discovery/source.ts';
import type { Transition } from '../../src/endpoint/ejection.ts';
import type { Endpoint } from '../../src/endpoint/endpoint.ts';
import { TcpListener } from '../../src/listener/tcp-listener.ts';
import type { Dialer } from '../../src/net/dial.ts';
import { TcpDialer } from '../../src/net/dial.ts';
import { ResponseStore } from '../../src/policy/stale/response-store.ts';
import { Activity } from '../../src/proxy/activity.ts';
import { TcpForwarder } from '../../src/proxy/tcp-forward.ts';
import { Service } from '../../src/service/service.ts';
import { ServiceDirectory } from '../../src/service/service-directory.ts';
import type { ServicePolicy } from '../../src/service/service-policy.ts';
import { TcpTransport } from '../../src/upstream/tcp-transport.ts';
import { eventually } from './eventually.ts';
import { observed } from './observed.ts';
import { DEFAULT_POLICY, testEndpoint } from './proxy-under-test.ts';
import { rethrow } from './test-transport.ts';

export interface TcpProxyOptions {
  /** The endpoints, as ports on 127.0.0.1 or in full. */
  readonly endpoints: readonly (number | Partial<Endpoint>)[];
  readonly policy?: Partial<ServicePolicy>;
  /** To each endpoint; default 100. */
  readonly maxConnections?: number;
  readonly dialer?: Dialer;
}

export interface TcpProxy {
  readonly port: number;
  readonly finished: readonly ConnectionFacts[];
  readonly transitions: readonly Transition[];
  readonly service: Service;
  readonly listener: TcpListener;
  /** Waits until `count` connections have ended, and gives them. */
  untilFinished(count: number): Promise<readonly ConnectionFacts[]>;
}

export async function startTcpProxy(t: TestContext, options: TcpProxyOptions): Promise<TcpProxy> {
  const finished: ConnectionFacts[] = [];
  const transitions: Transition[] = [];
  const observer = observed({
    connectionFinished: (facts) => finished.push(facts),
    outlierTransition: (_service, _authority, transition) => transitions.push(transition),
  });
  const policy = { ...DEFAULT_POLICY, ...options.policy };
  const directory: ServiceDirectory = new ServiceDirectory({
    clock: systemClock,
    catalog: {
      localDatacenter: 'dc1',
      lookupDatacenter: () => 'known',
      readDatacenters: () => Promise.resolve(),
      lookup: (): NameLookup => 'known',
      registeredName: ({ name }: ServiceRef) => name,
      start: () => {},
      stop: () => {},
      ready: () => Promise.resolve(),
      refresh: () => Promise.resolve(),
      names: () => ['db'],
    },
    create: (_ref, name) =>
      new Service({
        name,
        policy,
        provenance: 'registry',
        transport: new TcpTransport(
          { connectTimeoutMs: policy.timeout.connect, maxConnections: options.maxConnections ?? 100 },
          { clock: systemClock, dialer: options.dialer ?? new TcpDialer() },
        ),
        clock: systemClock,
        random: systemRandom,
        responseStore: new ResponseStore(1024),
        sendToService: (other, call) => directory.sendTo(other, call),
        source: {
          start: (sink: EndpointSink) => sink.endpoints(options.endpoints.map(testEndpoint)),
          stop: () => {},
        },
        observer,
      }),
    declared: [{ name: 'db', datacenter: undefined, fromConsul: false }],
    onDemand: false,
    saved: new Map(),
    firstAnswerTimeoutMs: 5_000,
    idleTimeoutMs: 600_000,
    maxWatches: 10,
  });
  directory.start();
  let ids = 0;
  const forwarder = new TcpForwarder({
    services: directory,
    strangers: { checkService: () => {} },
    activity: new Activity(systemClock),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    observer,
    dialer: new TcpDialer(),
    newConnectionId: () => `connection-${++ids}`,
  });
  const listener = new TcpListener(
    {
      address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
      connected: () => {},
      forward: (client, service) => forwarder.forward(client, serviceNamed(service)),
      fault: rethrow,
    },
    'db',
  );
  const bound = await listener.listen();
  if (bound.kind !== 'tcp') throw new Error('expected a TCP address');
  t.after(() => {
    directory.close();
    void listener.close();
    listener.destroy();
  });
  const service = directory.services.get('db');
  if (service === undefined) throw new Error('the service is not open');
  return {
    port: bound.port,
    finished,
    transitions,
    service,
    listener,
    untilFinished: (count) =>
      eventually(() => {
        if (finished.length < count) throw new Error(`${finished.length} of ${count} connections have ended`);
        return finished;
      }),
  };
}

/** A server for raw connections, which goes with the test. @returns its port */
export async function startTcpServer(t: TestContext, serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** A port that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A client that keeps what it gets. */
export class TcpClient {
  readonly socket: Socket;
  received = '';
  ended = false;
  error: NodeJS.ErrnoException | undefined;
  closed = false;

  constructor(t: Pick<TestContext, 'after'>, port: number, host = '127.0.0.1') {
    this.socket = connect({ port, host, allowHalfOpen: true });
    this.socket.setEncoding('latin1').on('data', (text: string) => {
      this.received += text;
    });
    this.socket.on('end', () => {
      this.ended = true;
    });
    this.socket.on('error', (error) => {
      this.error = error;
    });
    this.socket.on('close', () => {
      this.closed = true;
    });
    t.after(() => this.socket.destroy());
  }

  /** Waits until it has got this, from the first byte on. */
  untilReceived(text: string): Promise<void> {
    return eventually(() => {
      if (this.received !== text) throw new Error(`received ${JSON.stringify(this.received)}`);
    });
  }

  untilClosed(): Promise<void> {
    return eventually(() => {
      if (!this.closed) throw new Error('the connection is open');
    });
  }
}

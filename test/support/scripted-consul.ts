// A Consul of a test's making: well-behaved until it is told to answer what a real agent cannot be made to answer.

import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';

export type ScriptedKind = 'health' | 'catalog' | 'datacenters' | 'agent';

export interface ScriptedQuery {
  readonly kind: ScriptedKind;
  readonly path: string;
  readonly parameters: URLSearchParams;
  readonly index: string | null;
  readonly consistency: 'stale' | 'consistent' | 'default';
  readonly token: string | undefined;
}

export interface ScriptedResponse {
  /** Default 200. */
  readonly status?: number;
  /** X-Consul-Index; left out when undefined. */
  readonly index?: string | number | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
}

/** `hang`: no answer; `cut`: the connection ends in the middle of the body; `reset`: before the answer. */
export type ScriptedAnswer = ScriptedResponse | 'hang' | 'cut' | 'reset';

export type ScriptedReply = ScriptedAnswer | ((query: ScriptedQuery) => ScriptedAnswer);

interface Pending {
  readonly query: ScriptedQuery;
  readonly response: ServerResponse;
}

export class ScriptedConsul {
  /** Every query so far, in order. */
  readonly queries: ScriptedQuery[] = [];
  nodeId = 'agent-1';
  datacenters: readonly string[] = ['dc1', 'dc2'];
  /** As `/v1/status/leader` says it. */
  leader = '127.0.0.1:8300';
  /** As for a token without node:read. */
  hidesNodes = false;
  /** The node of the agent, as the catalog lists it. */
  node: object = { Node: 'node-1' };
  readonly #server = createServer((request, response) => this.#receive(request, response));
  readonly #sockets = new Set<Socket>();
  readonly #state: Record<'health' | 'catalog', { index: number; body: unknown }> = {
    health: { index: 1, body: [] },
    catalog: { index: 1, body: { consul: [] } },
  };
  readonly #scripts: Record<ScriptedKind, ScriptedReply[]> = {
    health: [],
    catalog: [],
    datacenters: [],
    agent: [],
  };
  readonly #always = new Map<ScriptedKind, ScriptedReply>();
  #pending: Pending[] = [];
  #configuration: {
    readonly index: number;
    readonly entries: Readonly<Record<string, readonly object[]>>;
    readonly chains: Readonly<Record<string, object>>;
  } = { index: 1, entries: {}, chains: {} };
  readonly #blockedConfiguration: {
    readonly request: IncomingMessage;
    readonly response: ServerResponse;
  }[] = [];

  async listen(): Promise<void> {
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** How many queries wait for a change. */
  get blocked(): number {
    return this.#pending.filter(({ response }) => !response.destroyed).length;
  }

  count(kind: ScriptedKind): number {
    return this.queries.filter((query) => query.kind === kind).length;
  }

  /** What every well-behaved answer says from now on; blocked queries with a lower index get it at once. */
  serve(kind: 'health' | 'catalog', index: number, body: unknown): void {
    this.#state[kind] = { index, body };
    this.#wake(kind);
  }

  /**
   * What configuration entries there are from now on, none at first.
   * @param entries by kind
   * @param chains compiled, by service
   */
  configure(
    entries: Readonly<Record<string, readonly object[]>>,
    chains: Readonly<Record<string, object>>,
  ): void {
    this.#configuration = { index: this.#configuration.index + 1, entries, chains };
    for (const { request, response } of this.#blockedConfiguration.splice(0)) {
      if (!response.destroyed) this.#answerConfiguration(request, response);
    }
  }

  /** What the next queries get, in turn, the blocked ones first; afterwards it is well-behaved again. */
  script(kind: ScriptedKind, ...replies: readonly ScriptedReply[]): void {
    this.#scripts[kind].push(...replies);
    this.#wake(kind);
  }

  /** What every query gets; undefined makes it well-behaved again. */
  always(kind: ScriptedKind, reply: ScriptedReply | undefined): void {
    if (reply === undefined) this.#always.delete(kind);
    else this.#always.set(kind, reply);
    this.#wake(kind);
  }

  /** Ends every connection, as an agent that dies does. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.#server.close();
    this.dropConnections();
    await once(this.#server, 'close');
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const { pathname = '', searchParams } = new URL(request.url ?? '/', 'http://consul');
    if (pathname.startsWith('/v1/config/') || pathname.startsWith('/v1/discovery-chain/')) {
      this.#answerConfiguration(request, response);
      return;
    }
    if (pathname === '/v1/catalog/nodes') {
      // It never changes.
      if (!searchParams.has('index') || !mayBlock(searchParams))
        send(response, { index: 1, body: this.hidesNodes ? [] : [this.node] });
      return;
    }
    if (pathname === '/v1/status/leader') {
      send(response, { body: JSON.stringify(this.leader) });
      return;
    }
    const query = readQuery(request);
    this.queries.push(query);
    this.#answer({ query, response });
  }

  /** What is blocked is answered when there is something else to say. */
  #answerConfiguration(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://consul');
    const { index, entries, chains } = this.#configuration;
    if (mayBlock(searchParams) && Number(searchParams.get('index')) >= index) {
      this.#blockedConfiguration.push({ request, response });
      return;
    }
    const [, , kind, name = ''] = pathname.split('/');
    send(response, {
      index,
      body: kind === 'config' ? (entries[name] ?? []) : { Chain: chains[name] ?? null },
    });
  }

  #wake(kind: ScriptedKind): void {
    const waiting = this.#pending.filter(({ query }) => query.kind === kind);
    this.#pending = this.#pending.filter((pending) => !waiting.includes(pending));
    for (const pending of waiting) if (!pending.response.destroyed) this.#answer(pending);
  }

  #answer(pending: Pending): void {
    const { query, response } = pending;
    const scripted = this.#scripts[query.kind].shift() ?? this.#always.get(query.kind);
    const reply = typeof scripted === 'function' ? scripted(query) : (scripted ?? this.#behave(query));
    if (reply === 'hang') this.#pending.push(pending);
    else if (reply === 'reset') response.destroy();
    else if (reply === 'cut') cut(response);
    else send(response, reply);
  }

  #behave({ kind, index, parameters }: ScriptedQuery): ScriptedAnswer {
    if (kind === 'agent')
      return { body: { Config: { NodeID: this.nodeId, NodeName: 'node-1', Datacenter: 'dc1' } } };
    if (kind === 'datacenters') return { body: this.datacenters };
    const state = this.#state[kind];
    if (index !== null && mayBlock(parameters) && Number(index) >= state.index) return 'hang';
    return { index: state.index, body: state.body };
  }
}

/** Starts one that ends with the test `t`. */
export async function startScriptedConsul(t: Pick<TestContext, 'after'>): Promise<ScriptedConsul> {
  const consul = new ScriptedConsul();
  await consul.listen();
  t.after(() => consul.close());
  return consul;
}

/** A row of /v1/health/service for the instance `id`, passing, on a port of its own per id. */
export function healthRow(id: string, tags: readonly string[] = []): object {
  return {
    Node: { ID: 'n', Node: 'node-1', Address: '127.0.0.1', Datacenter: 'dc1' },
    Service: {
      ID: id,
      Service: 'web',
      Tags: tags,
      Address: '127.0.0.1',
      Port: 9000,
      Weights: { Passing: 1, Warning: 1 },
    },
    Checks: [{ CheckID: 'serfHealth', Name: 'Serf', Status: 'passing', Output: '' }],
  };
}

/** A wait of one millisecond is over before a test could tell. */
function mayBlock(parameters: URLSearchParams): boolean {
  return parameters.get('wait') !== '1ms';
}

const KINDS: readonly (readonly [string, ScriptedKind])[] = [
  ['/v1/health/service/', 'health'],
  ['/v1/catalog/services', 'catalog'],
  ['/v1/catalog/datacenters', 'datacenters'],
  ['/v1/agent/self', 'agent'],
];

function readQuery(request: IncomingMessage): ScriptedQuery {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://consul');
  const kind = KINDS.find(([prefix]) => pathname.startsWith(prefix))?.[1];
  if (kind === undefined) throw new Error(`nobody should ask for ${pathname}`);
  const token = request.headers['x-consul-token'];
  return {
    kind,
    path: pathname,
    parameters: searchParams,
    index: searchParams.get('index'),
    consistency: searchParams.has('consistent')
      ? 'consistent'
      : searchParams.has('stale')
        ? 'stale'
        : 'default',
    token: typeof token === 'string' ? token : undefined,
  };
}

function send(response: ServerResponse, { status = 200, index, headers, body = '' }: ScriptedResponse): void {
  response.writeHead(status, {
    'content-type': typeof body === 'string' ? 'text/plain' : 'application/json',
    ...(index === undefined ? {} : { 'x-consul-index': String(index) }),
    ...headers,
  });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

function cut(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json', 'x-consul-index': '7' });
  response.write('[{"Node":', () => response.destroy());
}

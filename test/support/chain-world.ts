// A Consul with instances that say who they are and what they got, and an ambassador in front of them.

import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { AmbassadorProcess } from './ambassador-process.ts';
import type { ConsulAgent } from './consul-agent.ts';

export interface Seen {
  readonly instance: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface Instance {
  readonly name: string;
  readonly port: number;
  /** Requests so far. */
  requests: number;
  /** What it answers; 200 at first. */
  status: number;
  /** The bodies that it got, when `keepsBodies`. */
  readonly bodies: string[];
  /** Milliseconds before it answers; 0 at first. */
  delayMs: number;
  close(): void;
}

/** An HTTP server that answers with what it saw. */
export async function startInstance(t: Pick<TestContext, 'after'>, name: string): Promise<Instance> {
  const server: Server = createServer((request, response) => {
    instance.requests++;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      instance.bodies.push(Buffer.concat(chunks).toString());
      const seen: Seen = {
        instance: name,
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
      };
      const answer = () => {
        response.writeHead(instance.status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(seen));
      };
      if (instance.delayMs === 0) answer();
      else setTimeout(answer, instance.delayMs).unref();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const instance: Instance = {
    name,
    port: (server.address() as AddressInfo).port,
    requests: 0,
    status: 200,
    bodies: [],
    delayMs: 0,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  t.after(() => instance.close());
  return instance;
}

/** One request through the ambassador, as its instance saw it. */
export async function call(
  ambassador: AmbassadorProcess,
  target: string,
  init: RequestInit = {},
): Promise<Seen> {
  const response = await fetch(`${ambassador.url}${target}`, init);
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} to ${target}: ${text}`);
  return JSON.parse(text) as Seen;
}

/** How often each instance answered. */
export async function tally(
  ambassador: AmbassadorProcess,
  target: string,
  requests: number,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const one = async (): Promise<void> => {
    const { instance } = await call(ambassador, target);
    counts.set(instance, (counts.get(instance) ?? 0) + 1);
  };
  const each = Array.from({ length: 20 }, async (_, worker) => {
    for (let i = worker; i < requests; i += 20) await one();
  });
  await Promise.all(each);
  return counts;
}

export function writeEntry(consul: ConsulAgent, entry: object): Promise<unknown> {
  return consul.request('PUT', '/v1/config', entry);
}

export function deleteEntry(consul: ConsulAgent, kind: string, name: string): Promise<unknown> {
  return consul.request('DELETE', `/v1/config/${kind}/${name}`);
}

/** The status, and the instance that answered, of a request to that host. */
export async function callByHost(url: string, host: string): Promise<readonly [number, string | undefined]> {
  const { hostname, port } = new URL(url);
  const outgoing = request({ hostname, port, path: '/charge', headers: { host } });
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const { instance } = JSON.parse(Buffer.concat(chunks).toString()) as Partial<Seen>;
  return [response.statusCode ?? 0, instance];
}

// A proxy with one recording endpoint behind it, clients that send what they like, and what must hold afterwards.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { REASONS } from '../../src/core/reasons.ts';
import { eventually } from './eventually.ts';
import type { ProxyOptions, ProxyUnderTest } from './proxy-under-test.ts';
import { startProxy } from './proxy-under-test.ts';
import { RawClient } from './raw-client.ts';
import type { RecordingEndpoint, Respond } from './recording-endpoint.ts';
import { echoLine, startRecordingEndpoint } from './recording-endpoint.ts';
import type { ResponseMessage } from './strict-http.ts';
import { fieldOf, parseResponses } from './strict-http.ts';

const AFTER_ALL = '/after-all';

export interface Siege {
  readonly proxy: ProxyUnderTest;
  /** The only endpoint of `payments`. */
  readonly endpoint: RecordingEndpoint;
  client(bytes?: string): RawClient;
}

export async function besiege(
  t: TestContext,
  options: Partial<ProxyOptions> & { readonly respond?: Respond } = {},
): Promise<Siege> {
  const respond = options.respond ?? echoLine;
  const endpoint = await startRecordingEndpoint(t, (received, socket) =>
    received.target === AFTER_ALL ? echoLine(received, socket) : respond(received, socket),
  );
  const proxy = await startProxy(t, { services: { payments: [endpoint.port] }, ...options });
  const client = (bytes?: string): RawClient => {
    const made = new RawClient(t, proxy.port);
    if (bytes !== undefined) made.send(bytes);
    return made;
  };
  return { proxy, endpoint, client };
}

/** Sends the bytes one segment after the other: each has left before the next is written. */
export async function sendInSegments(client: RawClient, bytes: string, sizes: () => number): Promise<void> {
  client.socket.setNoDelay(true);
  for (let at = 0; at < bytes.length; ) {
    const size = Math.max(1, sizes());
    client.send(bytes.slice(at, at + size));
    at += size;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A request to the endpoint of a siege; `fields` with their line ends. */
export function request(method: string, path: string, fields = '', body = ''): string {
  return `${method} /payments${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n${body}`;
}

/** The whole responses that have come. @throws StrictFault when anything else has */
export function responsesOf(client: RawClient, ...methods: readonly string[]): readonly ResponseMessage[] {
  return parseResponses(client.received, methods, client.closed).responses;
}

/** Waits for so many whole responses. */
export function untilResponses(
  client: RawClient,
  count: number,
  ...methods: readonly string[]
): Promise<readonly ResponseMessage[]> {
  return eventually(() => {
    const responses = responsesOf(client, ...methods);
    assert.ok(responses.length >= count, `${responses.length} of ${count}: ${client.received}`);
    return responses;
  });
}

/** Waits for the end of the connection. @throws when anything but whole responses came */
export async function untilClosedAfter(
  client: RawClient,
  ...methods: readonly string[]
): Promise<readonly ResponseMessage[]> {
  await client.untilClosed();
  const { responses, rest } = parseResponses(client.received, methods, true);
  assert.equal(rest, '', 'a response broke off');
  return responses;
}

/** A refusal of the ambassador's own that stands alone: whole, a problem document, its reason in all places. */
export function assertRefusal(
  response: ResponseMessage | undefined,
  statuses: number | readonly number[],
): void {
  assert.ok(response !== undefined, 'no response');
  const allowed = typeof statuses === 'number' ? [statuses] : statuses;
  assert.ok(allowed.includes(response.status), `${response.status}, not ${allowed}: ${response.body}`);
  assert.equal(fieldOf(response, 'content-type'), 'application/problem+json');
  const reason = fieldOf(response, 'x-ambassador-error') ?? '';
  assert.ok(reason in REASONS, `${reason} is no reason`);
  const problem = JSON.parse(response.body) as Record<string, unknown>;
  assert.equal(problem['status'], response.status);
  assert.equal(problem['reason'], reason);
  assert.notEqual(problem['detail'] ?? '', '');
}

export interface Aftermath {
  /** Whether endpoints may have been ejected, or circuits opened. Default: no. */
  readonly blamed?: boolean;
}

/** Waits until the proxy holds nothing for any request: no call, no lease, no kept body; and blames no endpoint. */
export async function untilQuiet(proxy: ProxyUnderTest, { blamed = false }: Aftermath = {}): Promise<void> {
  await eventually(() => {
    const held: Record<string, number> = {
      calls: proxy.forwarder.active,
      'kept bytes': proxy.replayBudget.used,
    };
    for (const [name, service] of proxy.directory.services) {
      held[`calls of ${name}`] = service.active;
      for (const { id, inFlight } of service.endpoints.members) held[`in flight at ${id}`] = inFlight;
    }
    for (const [what, count] of Object.entries(held)) assert.equal(count, 0, what);
  });
  if (blamed) return;
  assert.deepEqual(proxy.transitions, [], 'an endpoint was ejected');
  assert.deepEqual(proxy.circuitTransitions, [], 'a circuit opened');
}

/** The proxy is quiet, nothing malformed has reached the endpoint, and the next request is served. */
export async function assertUnharmed(
  { proxy, endpoint, client }: Siege,
  aftermath?: Aftermath,
): Promise<void> {
  await untilQuiet(proxy, aftermath);
  assert.deepEqual(endpoint.faults, []);
  const after = client(request('GET', AFTER_ALL));
  const [response] = await untilResponses(after, 1);
  assert.equal(response?.status, 200);
  await untilQuiet(proxy, aftermath);
}

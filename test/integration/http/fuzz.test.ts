// What reaches the endpoint is exactly one well-formed message for each that was forwarded, and everything else was
// refused; what reaches the client is a whole response, a refusal, or visibly broken off. A strict reader that shares
// nothing with the proxy is the judge on both sides.
// By hand: FUZZ_CASES=100000 FUZZ_SEED=1 node --test test/integration/http/fuzz.test.ts

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import fc from 'fast-check';
import { outlierDetectionOptions } from '../../../src/outlier/options.ts';
import { circuitBreakerOptions } from '../../../src/policy/breaker/circuit-breaker-options.ts';
import { retryOptions } from '../../../src/policy/options.ts';
import type { ServicePolicy } from '../../../src/service/service-policy.ts';
import type { Piece } from '../../support/http-arbitraries.ts';
import { inTurn, requestStream, responseBytes, segmentSizes } from '../../support/http-arbitraries.ts';
import type { RawClient } from '../../support/raw-client.ts';
import type { Siege } from '../../support/siege.ts';
import {
  assertRefusal,
  assertUnharmed,
  besiege,
  request,
  sendInSegments,
  untilQuiet,
} from '../../support/siege.ts';
import type { Field, Message, RequestMessage, ResponseMessage } from '../../support/strict-http.ts';
import {
  fieldOf,
  parseClientRequest,
  parseResponse,
  parseResponses,
  StrictFault,
  valuesOf,
} from '../../support/strict-http.ts';
import { startTcpUpstream } from '../../support/upstreams.ts';

const { FUZZ_CASES, FUZZ_SEED } = process.env;
const numRuns = FUZZ_CASES === undefined ? 200 : Number(FUZZ_CASES);
/** Always the same in CI: what fails there fails here. */
const seed = FUZZ_SEED === undefined ? 9112 : Number(FUZZ_SEED);
const running = { numRuns, seed, ...(FUZZ_CASES === undefined ? { interruptAfterTimeLimit: 40_000 } : {}) };

/** Fields that end at each hop, and those that the proxy writes itself. */
const NOT_COMPARED =
  /^(?:connection|keep-alive|proxy-connection|transfer-encoding|content-length|te|trailer|upgrade|expect|host|date|via|x-forwarded-.*|x-request-.*|x-ambassador-.*)$/i;

function endToEnd(message: Message): readonly Field[] {
  const listed = valuesOf(message.fields, 'connection')
    .join(',')
    .split(',')
    .map((option) => option.trim().toLowerCase());
  return message.fields.filter(([name]) => !NOT_COMPARED.test(name) && !listed.includes(name.toLowerCase()));
}

/** Those that no trailer may be are dropped (RFC 9110 §6.5.1). */
function allowedTrailers({ trailers }: Message): readonly Field[] {
  return trailers.filter(([name]) => !NOT_COMPARED.test(name));
}

/** What the endpoint must get of a target; undefined where it names another service or none. */
function forwardedTarget(target: string): string | undefined {
  const [, rest] = /^\/payments(?=[/?#]|$)([^#]*)/.exec(target) ?? [];
  return rest === undefined || rest.startsWith('/') ? rest : `/${rest}`;
}

function endsConnection({ fields, version }: RequestMessage): boolean {
  const options = valuesOf(fields, 'connection')
    .join(',')
    .toLowerCase()
    .split(/[ \t]*,[ \t]*/);
  return options.includes('close') || (version === '1.0' && !options.includes('keep-alive'));
}

/** The requests in what a client sends, up to the last that may be executed, and whether all is well up to the end. */
function requestsIn(bytes: string): {
  readonly messages: readonly RequestMessage[];
  readonly faulty: boolean;
  /** What stands behind them. */
  readonly tail: string;
} {
  const messages: RequestMessage[] = [];
  let rest = bytes;
  while (rest !== '') {
    try {
      const parsed = parseClientRequest(rest);
      if (parsed.message === undefined) return { messages, faulty: false, tail: rest };
      messages.push(parsed.message);
      rest = rest.slice(parsed.length);
      if (endsConnection(parsed.message)) break;
    } catch (error) {
      if (error instanceof StrictFault) return { messages, faulty: true, tail: rest };
      throw error;
    }
  }
  return { messages, faulty: false, tail: rest };
}

/** The refusal of a HEAD has no content, unless not even that could be read of it. */
function responsesTo(
  methods: readonly string[],
  tail: string,
  received: string,
): ReturnType<typeof parseResponses> {
  const plain = parseResponses(received, methods, true);
  const isHead = /^(?:\r\n)*HEAD /.test(tail);
  return plain.rest !== '' && isHead ? parseResponses(received, [...methods, 'HEAD'], true) : plain;
}

async function exchange(client: RawClient, bytes: string, sizes: readonly number[]): Promise<void> {
  await once(client.socket, 'connect');
  const closed = new Promise((resolve) => client.socket.once('close', resolve));
  await sendInSegments(client, bytes, inTurn(sizes, bytes.length));
  client.socket.end();
  if (!client.closed) await closed;
}

async function checkRequests(
  { proxy, endpoint, client: connect }: Siege,
  sent: readonly Piece[],
  sizes: readonly number[],
): Promise<void> {
  const before = endpoint.requests.length;
  const bytes = sent.map((piece) => piece.bytes).join('');
  const { messages, faulty, tail } = requestsIn(bytes);
  const client = connect();
  await exchange(client, bytes, sizes);
  await untilQuiet(proxy);
  assert.deepEqual(endpoint.faults, []);
  const reached = endpoint.requests.slice(before);

  const { responses, rest } = responsesTo(
    messages.map(({ method }) => method),
    tail,
    client.received,
  );
  assert.equal(rest, '', 'a response broke off');
  assert.ok(responses.length <= messages.length + 1, 'more responses than requests');
  const firstBroken = sent.findIndex(({ intact }) => !intact);
  const intact = firstBroken === -1 ? sent.length : firstBroken;
  let next = 0;
  for (const [i, message] of messages.entries()) {
    const response = responses[i];
    if (response === undefined) {
      const ended = responses
        .slice(0, i)
        .some((each) => fieldOf(each, 'connection')?.toLowerCase() === 'close');
      assert.ok(ended && i >= intact, `request ${i} was not responded to`);
      continue;
    }
    if (response.status !== 200) {
      assert.ok(i >= intact, `request ${i} is valid and was refused: ${response.body}`);
      if (message.method !== 'HEAD') assertRefusal(response, response.status);
      continue;
    }
    const forwarded = reached[next++];
    assert.ok(forwarded !== undefined, `request ${i} was responded to and did not reach the endpoint`);
    assert.equal(forwarded.method, message.method);
    assert.equal(forwarded.target, forwardedTarget(message.target));
    assert.deepEqual(endToEnd(forwarded), endToEnd(message));
    assert.equal(forwarded.body, message.body);
    assert.deepEqual(forwarded.trailers, allowedTrailers(message));
    if (message.method !== 'HEAD') assert.equal(response.body, `${forwarded.method} ${forwarded.target}`);
  }
  assert.equal(reached.length, next, 'more reached the endpoint than was responded to');
  const last = responses[messages.length];
  if (last !== undefined && last.body !== '') assertRefusal(last, [400, 404, 408, 414, 417, 431, 501, 505]);
  const closedBefore = responses
    .slice(0, messages.length)
    .some((each) => fieldOf(each, 'connection')?.toLowerCase() === 'close');
  // A head without end is not yet refused when its client stops in the middle of it.
  if (faulty && !closedBefore && tail.includes('\r\n\r\n'))
    assert.ok(last !== undefined, 'what is faulty was not refused');
}

test(`requests: ${numRuns} streams, seed ${seed}`, async (t) => {
  const siege = await besiege(t);
  await fc.assert(
    fc.asyncProperty(requestStream, segmentSizes, (sent, sizes) => checkRequests(siege, sent, sizes)),
    running,
  );
  await assertUnharmed(siege);
});

const NEXT = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext';

/** More than this may arrive in several reads. */
const ONE_READ = 16_000;

/** Whatever an endpoint does, it is called again. */
const forgiving = (policy: ServicePolicy): ServicePolicy => ({
  ...policy,
  retry: retryOptions.parse({ attempts: 0 }),
  outlierDetection: outlierDetectionOptions.parse({ enforce: 0 }),
  circuitBreaker: circuitBreakerOptions.parse({ enforce: 0 }),
});

interface HostileEndpoint {
  readonly siege: Pick<Siege, 'proxy' | 'client'>;
  /** What it sends from now on in response to /case. */
  script: { readonly bytes: string; readonly sizes: readonly number[]; readonly close: boolean };
}

async function startHostile(t: TestContext): Promise<HostileEndpoint> {
  const upstream = await startTcpUpstream(t, (socket) => {
    socket.setEncoding('latin1');
    let received = '';
    socket.on('data', (chunk: string) => {
      received += chunk;
      for (let end = received.indexOf('\r\n\r\n'); end !== -1; end = received.indexOf('\r\n\r\n')) {
        const isCase = received.includes(' /case ');
        received = received.slice(end + 4);
        if (!isCase) {
          socket.write(NEXT);
          continue;
        }
        const { bytes, sizes, close } = hostileEndpoint.script;
        const next = inTurn(sizes, bytes.length);
        void (async () => {
          for (let at = 0; at < bytes.length && !socket.destroyed; ) {
            const size = next();
            socket.write(bytes.slice(at, at + size), 'latin1');
            at += size;
            await new Promise((resolve) => setImmediate(resolve));
          }
          if (close) socket.end();
        })();
      }
    });
  });
  const siege = await besiege(t, { services: { payments: [upstream.port] }, policy: forgiving });
  const hostileEndpoint: HostileEndpoint = { siege, script: { bytes: '', sizes: [1], close: true } };
  return hostileEndpoint;
}

/** The response in what an endpoint sends: whole, broken off, or none. */
function responseIn(
  bytes: string,
  method: string,
  closed: boolean,
): ResponseMessage | 'unfinished' | 'faulty' {
  try {
    return parseResponse(bytes, method, closed).message ?? 'unfinished';
  } catch (error) {
    if (error instanceof StrictFault) return 'faulty';
    throw error;
  }
}

function endsExactly(bytes: string, method: string): boolean {
  try {
    const parsed = parseResponse(bytes, method, false);
    return parsed.message !== undefined && parsed.length === bytes.length;
  } catch (error) {
    if (error instanceof StrictFault) return false;
    throw error;
  }
}

/** What an endpoint sends to HEAD instead of it. */
function headOf({ bytes, intact }: Piece): Piece {
  const parsed = parseResponse(bytes, 'HEAD', false);
  return { bytes: parsed.message === undefined ? bytes : bytes.slice(0, parsed.length), intact };
}

/** The endpoint closed its connection just as the next request was sent. */
function isReset(response: ResponseMessage): boolean {
  return response.status === 502 && fieldOf(response, 'x-ambassador-error') === 'upstream_reset';
}

async function checkResponse(
  hostile: HostileEndpoint,
  method: string,
  piece: Piece,
  sizes: readonly number[],
  close: boolean,
): Promise<void> {
  const { proxy, client: connect } = hostile.siege;
  const sent = method === 'HEAD' && piece.intact ? headOf(piece) : piece;
  const whole = responseIn(sent.bytes, method, false);
  const closes = close || typeof whole === 'string';
  // What stands behind a response, or might, comes with it: later it could not be told from the response to the next.
  const together = !sent.intact && !endsExactly(sent.bytes, method);
  hostile.script = { bytes: sent.bytes, sizes: together ? [Number.POSITIVE_INFINITY] : sizes, close: closes };
  const client = connect();
  await exchange(client, request(method, '/case') + request('GET', '/next'), [Number.POSITIVE_INFINITY]);
  await untilQuiet(proxy, { blamed: true });

  const { responses, rest } = parseResponses(client.received, [method, 'GET'], true);
  assert.ok(responses.length <= 2, 'more responses than requests');
  const [first, second] = responses;
  assert.notEqual(first?.framing, 'close', 'nobody could tell that it is whole');
  if (first !== undefined && first.status === 502 && fieldOf(first, 'x-ambassador-error') !== undefined) {
    assert.ok(!sent.intact, `a valid response was refused: ${first.body}`);
    if (method !== 'HEAD') assertRefusal(first, 502);
  } else if (sent.intact) {
    const expected = responseIn(sent.bytes, method, closes);
    assert.ok(typeof expected === 'object' && first !== undefined, 'the response is missing or broke off');
    assert.equal(first.status, expected.status);
    assert.deepEqual(endToEnd(first), endToEnd(expected));
    assert.equal(first.body, expected.body);
    if (method !== 'HEAD' && first.framing === 'chunked')
      assert.deepEqual(first.trailers, allowedTrailers(expected));
  }
  if (first === undefined) return;
  if (second !== undefined && !(closes && isReset(second)) && !(together && sent.bytes.length > ONE_READ)) {
    assert.equal(second.body, 'next', 'the next response is another');
  }
  assert.ok(
    second !== undefined || fieldOf(first, 'connection')?.toLowerCase() === 'close' || rest !== '',
    'the next response is missing',
  );
}

test(`responses: ${numRuns} of a hostile endpoint, seed ${seed}`, async (t) => {
  const hostile = await startHostile(t);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'HEAD'),
      responseBytes,
      segmentSizes,
      fc.boolean(),
      (method, sent, sizes, close) => checkResponse(hostile, method, sent, sizes, close),
    ),
    running,
  );
  await untilQuiet(hostile.siege.proxy, { blamed: true });
});

// The policies that a request meets, in their order, and how each stands now.

import { counted, timeInWords, timesInWords } from '../core/in-words.ts';
import type { TransportProtocol } from '../http/attempt.ts';
import { MAX_REPLAYS } from '../policy/retry/retry.ts';
import type { PIPELINE_ORDER } from '../service/pipeline.ts';
import type { Service } from '../service/service.ts';
import type { CallPolicy, RoutePolicy } from '../service/service-policy.ts';
import type { HealthCheckOptions } from '../upstream/health/health-options.ts';

export interface ChainLink {
  readonly stage: (typeof PIPELINE_ORDER)[number] | 'timeout' | 'healthCheck';
  readonly on: boolean;
  /** How it stands, in a sentence. */
  readonly text: string;
}

/** A service, or what takes its requests. */
type Protected = Pick<Service, 'policy' | 'protections' | 'retryBudget'> & {
  readonly upstream: Pick<Service['upstream'], 'protocol'>;
};

/**
 * @param own the policy of the route that the request takes
 * @param connectMs milliseconds to connect to the endpoints that it goes to
 */
export function chainView(
  service: Protected,
  own: CallPolicy | RoutePolicy,
  connectMs: number,
  now: number,
): ChainLink[] {
  if (service.upstream.protocol === 'tcp') return tcpChainView(service, connectMs, now);
  return [
    link('timeout', true, timeoutText(own, connectMs)),
    link('fallback', own.fallback !== undefined, fallbackText(own)),
    link('faults', own.faults.length > 0, `${own.faults.length} faults on purpose are configured.`),
    link('coalescing', own.coalescing !== undefined, 'Requests that ask the same at the same time are one.'),
    link(
      'responseStore',
      own.fallback?.stale !== undefined,
      'Good answers are kept for the time of an outage.',
    ),
    link('limits', true, limitsText(service, own)),
    link('circuitBreaker', service.protections.circuit !== undefined, circuitText(service, now)),
    link('retry', own.retry.attempts > 0, retryText(service, own, now)),
    link('hedging', own.hedging !== undefined, hedgingText(own)),
    link('shadow', service.policy.shadow !== undefined, shadowText(service)),
    healthLink(service),
  ];
}

/** What a connection meets that is carried byte for byte. */
function tcpChainView(service: Protected, connectMs: number, now: number): ChainLink[] {
  const { idle } = service.policy.timeout;
  const idleText =
    idle === 0 ? 'silence for ever' : `${timeInWords(idle)} without a byte in either direction`;
  return [
    link('timeout', true, `${timeInWords(connectMs)} to connect to each endpoint; then ${idleText}.`),
    link('limits', true, limitsText(service, service.policy)),
    link('circuitBreaker', service.protections.circuit !== undefined, circuitText(service, now)),
    link('retry', true, 'Where an endpoint cannot be connected to, the next is tried, ten at most.'),
    healthLink(service),
  ];
}

/** No request passes through it: it says which endpoints there are for it. */
function healthLink({ policy: { healthCheck }, upstream }: Protected): ChainLink {
  return link('healthCheck', healthCheck !== undefined, healthText(healthCheck, upstream.protocol));
}

function healthText(options: HealthCheckOptions | undefined, protocol: TransportProtocol): string {
  if (options === undefined) return '';
  const { interval, healthyThreshold, unhealthyThreshold } = options;
  const [passing, failing] = [healthyThreshold, unhealthyThreshold].map(timesInWords);
  return `${checkText(options, protocol)} every ${timeInWords(interval)}: an endpoint is out after failing ${failing} in a row, and back after passing ${passing}.`;
}

function checkText({ http, grpc }: HealthCheckOptions, protocol: TransportProtocol): string {
  if (protocol === 'tcp') return 'A connection';
  if (http !== undefined) return `GET ${http.path}`;
  if (grpc === undefined) return 'A connection';
  return `The gRPC health check of ${grpc.service === '' ? 'the server' : grpc.service}`;
}

function link(stage: ChainLink['stage'], on: boolean, text: string): ChainLink {
  return { stage, on, text: on ? text : 'Off.' };
}

function timeoutText(
  { timeout: { request, perTry, idle, idleStream } }: CallPolicy,
  connectMs: number,
): string {
  const time = (ms: number) => (ms === 0 ? 'no limit' : timeInWords(ms));
  const attempt =
    perTry === undefined ? 'of which each attempt has a share' : `${time(perTry)} for an attempt`;
  return `Until the response's head ${time(request)} in all, ${attempt}, ${time(connectMs)} to connect; ${time(idle)} without a byte, ${time(idleStream)} in streams and tunnels.`;
}

function fallbackText({ fallback }: CallPolicy): string {
  const kinds = [
    ...(fallback?.stale === undefined ? [] : ['the last good response']),
    ...(fallback?.service === undefined ? [] : [`the service ${fallback.service}`]),
    ...(fallback?.static === undefined ? [] : ['a static response']),
  ];
  return `When the call fails: ${kinds.join(', then ')}.`;
}

function limitsText({ protections, policy }: Protected, own: CallPolicy | RoutePolicy): string {
  const { active, queued, limit } = protections.bulkhead;
  const routeLimit = 'match' in own && own.rateLimit !== undefined ? ['a rate limit of the route'] : [];
  const serviceLimit = policy.rateLimit === undefined ? [] : ['a rate limit of the service'];
  const adaptive = policy.adaptiveConcurrency === undefined ? [] : ['adaptive concurrency'];
  const others = [...routeLimit, ...serviceLimit, ...adaptive];
  const bulkhead = `${active} of at most ${counted(limit, 'call')} under way, ${queued} waiting.`;
  return others.length === 0 ? bulkhead : `${bulkhead} Also ${others.join(', ')}.`;
}

function circuitText({ protections }: Protected, now: number): string {
  const { circuit } = protections;
  if (circuit === undefined) return '';
  const { state, opensForMs, calls, failures } = circuit.view(now);
  if (state === 'open' && opensForMs === 0) return 'Open: the next call shows whether it closes.';
  if (state === 'open')
    return `Open: calls are refused for another ${timeInWords(Math.ceil(opensForMs ?? 0))}.`;
  if (state === 'isolated') return 'Isolated by an operator: calls are refused.';
  if (state === 'half_open') return 'Half-open: a few calls go through to see, others are refused.';
  return `Closed: it counts ${failures} of the last ${counted(calls, 'call')} as failures.`;
}

function retryText({ retryBudget }: Protected, { retry }: CallPolicy, now: number): string {
  const times = retry.attempts === 1 ? 'once' : `${retry.attempts} times`;
  const statuses = [...retry.statuses].map((status) => `status ${status}`);
  const headers = retry.headers.map(
    ({ name, value }) => `field ${name}${value === undefined ? '' : `: ${value}`}`,
  );
  const grpc = [...retry.grpc].map((status) => `grpc-status ${status}`);
  const conditions = [...retry.on, ...statuses, ...headers, ...grpc];
  const unsent = retry.on.has('connectFailure')
    ? ` An attempt that never reached its endpoint is made at another one beside that, ${MAX_REPLAYS} times at most.`
    : '';
  return `At most ${times}, after ${conditions.length === 0 ? 'nothing' : conditions.join(', ')}; ${retryBudget.available(now)} retries can be afforded now.${unsent}`;
}

function shadowText({ policy: { shadow } }: Protected): string {
  if (shadow === undefined) return '';
  const share = Math.round(shadow.share * 1_000) / 10;
  return `${share === 100 ? 'Every request' : `${share} % of requests`} is copied to ${shadow.to}, whose responses are dropped.`;
}

function hedgingText({ hedging }: CallPolicy): string {
  if (hedging === undefined) return '';
  const { percentile, minDelay, maxExtraPercent } = hedging;
  return `A second attempt for GET, HEAD and OPTIONS that take longer than ${percentile} of 100 calls (at least ${timeInWords(minDelay)}), for ${maxExtraPercent} of 100 calls at most.`;
}

// The stage of fault injection: makes calls slow, refused, thin or broken, as the configuration asks.

import type { Clock } from '../../core/clock.ts';
import { AmbassadorError } from '../../core/errors.ts';
import { timeInWords } from '../../core/in-words.ts';
import type { Random } from '../../core/random.ts';
import type { UpstreamResponse } from '../../http/attempt.ts';
import { withField } from '../../http/fields.ts';
import { WrappedResponse } from '../../http/wrapped-response.ts';
import type { Call, CallResult, Stage } from '../call.ts';
import { pause } from '../retry/pause.ts';
import { MemoryResponse } from '../stale/memory-response.ts';
import type { FaultOptions } from './fault-options.ts';
import type { FaultPlan } from './fault-plan.ts';
import { planFaults } from './fault-plan.ts';
import { PacedResponse } from './paced-response.ts';
import { TruncatedResponse } from './truncated-response.ts';

/** Tells the caller what was done to its call: `delay`, `abort`, `rate`, `truncate`. */
export const FAULT_HEADER = 'x-ambassador-fault';

export interface FaultDependencies {
  readonly service: string;
  readonly clock: Clock;
  readonly random: Random;
  /** When the configuration was read, in monotonic milliseconds: `for` counts from there. */
  readonly loadedAt: number;
}

/**
 * Belongs outside of all that asks the service, and inside of the fallback: a fault shows what the caller would see,
 * and is never mistaken for one of the service.
 */
export function faultStage(faults: readonly FaultOptions[], dependencies: FaultDependencies): Stage {
  const { service, clock, random, loadedAt } = dependencies;
  return (next) => async (call) => {
    const plan = planFaults(
      faults,
      call.request.headers,
      { sinceLoadMs: clock.now() - loadedAt, wallTime: clock.wallTime() },
      random,
    );
    if (plan === undefined) return next(call);
    if (plan.delayMs !== undefined) await delay(call, plan.delayMs, dependencies);
    if (plan.abortStatus !== undefined) {
      call.flag('FI');
      return told(plan, aborted(call, plan.abortStatus, service));
    }
    const result = await next(call);
    if (result.kind === 'tunnel') return result;
    return told(plan, spoilt(call, result.response, plan, dependencies));
  };
}

async function delay(call: Call, delayMs: number, { clock, service }: FaultDependencies): Promise<void> {
  call.flag('DI');
  const leftMs = call.remainingMs(clock.now());
  await pause(call, clock, Math.min(delayMs, Math.max(0, leftMs)));
  if (call.cancelled !== undefined) throw call.cancelled;
  if (delayMs < leftMs) return;
  throw new AmbassadorError(
    'deadline_exceeded',
    `The call's time ran out in the delay of ${timeInWords(delayMs)} that the configuration's faults give calls to ${service}.`,
  );
}

function aborted(call: Call, status: number, service: string): UpstreamResponse {
  const body = Buffer.from(
    JSON.stringify({
      type: 'about:blank',
      title: 'Fault injected',
      status,
      detail: `The configuration's faults answer ${status} in place of ${service}, which was not asked.`,
      service,
    }),
  );
  const headers = ['content-type', 'application/problem+json', 'cache-control', 'no-store'];
  return new MemoryResponse(status, headers, body, call.request.method);
}

function spoilt(
  call: Call,
  response: UpstreamResponse,
  { bytesPerSecond, truncateAt }: FaultPlan,
  { clock, service }: FaultDependencies,
): UpstreamResponse {
  let spoiled = response;
  if (bytesPerSecond !== undefined) {
    call.flag('DI');
    spoiled = new PacedResponse(spoiled, bytesPerSecond, clock);
  }
  if (truncateAt !== undefined) {
    call.flag('FI');
    const detail = `the configuration's faults break off answers of ${service} after ${truncateAt} bytes`;
    spoiled = new TruncatedResponse(spoiled, truncateAt, detail);
  }
  return spoiled;
}

function told(plan: FaultPlan, response: UpstreamResponse): CallResult {
  const done = {
    delay: plan.delayMs,
    abort: plan.abortStatus,
    rate: plan.abortStatus === undefined ? plan.bytesPerSecond : undefined,
    truncate: plan.abortStatus === undefined ? plan.truncateAt : undefined,
  };
  const names = Object.entries(done).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const headers = withField(response.fields, FAULT_HEADER, names.join(', '));
  return { kind: 'response', response: new WrappedResponse(response, headers) };
}

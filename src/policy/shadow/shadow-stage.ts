// Copies a share of the requests to another service, whose responses are dropped. Nothing waits for a copy: it is sent once
// the content has passed, and whatever becomes of it stays there. Source: Envoy, RouteAction.RequestMirrorPolicy.

import type { Clock } from '../../core/clock.ts';
import { AmbassadorError } from '../../core/errors.ts';
import type { CompleteObserver } from '../../core/events.ts';
import type { Random } from '../../core/random.ts';
import type { UpstreamResponse } from '../../http/attempt.ts';
import { withField } from '../../http/fields.ts';
import type { CallRequest, CallResult, Stage } from '../call.ts';
import { Call } from '../call.ts';
import { WholeBody } from '../whole-body.ts';

export interface ShadowRule {
  readonly to: string;
  /** Of the requests, 0 to 1. */
  readonly share: number;
}

export interface ShadowDependencies {
  /** Whose requests are copied. */
  readonly service: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Pick<CompleteObserver, 'copiesLost'>;
  readonly sendTo: (service: string, call: Call) => Promise<CallResult>;
}

/** Longer contents are not copied. */
const MAX_CONTENT_BYTES = 64 * 1024;

/** So many copies of one service are under way at most; beyond that none are made. */
const MOST_COPIES = 100;

/** What a copy may take, its dropped response included, in milliseconds. */
const TIMEOUT_MS = 15_000;

/** How often it is told that there is no service to get copies, in milliseconds. */
const TOLD_EVERY_MS = 600_000;

/** Tells the service that gets it what it is. */
const SHADOW_FIELD = 'x-ambassador-shadow';

export function shadowStage(rule: ShadowRule, dependencies: ShadowDependencies): Stage {
  const { service, clock, random, observer, sendTo } = dependencies;
  let underWay = 0;
  let toldAt: number | undefined;
  const send = async (request: CallRequest): Promise<void> => {
    const call = new Call(request, clock.now(), TIMEOUT_MS);
    const timeout = clock.schedule(TIMEOUT_MS, () =>
      call.cancel(new AmbassadorError('deadline_exceeded', 'The copy took too long.')),
    );
    try {
      const result = await sendTo(rule.to, call);
      if (result.kind === 'response') await dropped(result.response, call);
      else result.socket.destroy();
    } catch (error) {
      // What becomes of a copy is the other service's own affair, whose endpoints and circuit have seen it; unless there is none.
      const { reason, message } = AmbassadorError.from(error);
      const isNews = toldAt === undefined || clock.now() - toldAt >= TOLD_EVERY_MS;
      if (reason !== 'unknown_service' || !isNews) return;
      toldAt = clock.now();
      observer.copiesLost(service, rule.to, message);
    } finally {
      timeout.cancel();
      call.finish();
      underWay--;
    }
  };
  return (next) => (call) => {
    const { request } = call;
    const isCopied = request.upgrade === undefined && request.isCopy !== true && underWay < MOST_COPIES;
    if (isCopied && random() < rule.share) {
      request.body.copy?.(MAX_CONTENT_BYTES, (content) => {
        if (underWay >= MOST_COPIES) return;
        underWay++;
        // After the request itself is on its way.
        setImmediate(() => void send(copyOf(request, content, service)));
      });
    }
    return next(call);
  };
}

function copyOf(request: CallRequest, content: Buffer, service: string): CallRequest {
  const { method, unruled, hash } = request;
  const { path, headers } = unruled ?? request;
  return {
    method,
    path,
    headers: withField(headers, SHADOW_FIELD, service),
    body: new WholeBody(content),
    upgrade: undefined,
    hash,
    isCopy: true,
    informational: () => {},
    awaitsContinue: () => false,
    continueBody: () => {},
  };
}

/** Reads the response to its end, so that its connection can be used again. */
function dropped(response: UpstreamResponse, call: Call): Promise<void> {
  return new Promise((resolve) => {
    call.onCancel(() => {
      response.abandon();
      resolve();
    });
    response.deliver({ data: () => true, end: () => resolve(), broken: () => resolve() });
  });
}

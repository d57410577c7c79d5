// The call that a request becomes: what is sent, with the fields that a proxy owes and the rules of the service.

import type { HashSource } from '../balancer/options.ts';
import type { RequestTrace } from '../core/request-trace.ts';
import { callTimeoutMs } from '../http/deadline.ts';
import type { Exchange } from '../http/exchange.ts';
import { CONTINUE } from '../http/message.ts';
import type { CallBody } from '../policy/call.ts';
import { Call } from '../policy/call.ts';
import { ruledRequest } from '../policy/rewriting/request-rules.ts';
import type { Service } from '../service/service.ts';
import type { CallPolicy } from '../service/service-policy.ts';
import { downstreamResponseHeaders, upstreamRequestHeaders } from './headers.ts';
import { forwardsLeft } from './max-forwards.ts';
import type { Route } from './route.ts';
import { sentHost } from './sent-host.ts';

export interface OutgoingCallParts {
  readonly service: Service;
  readonly route: Route;
  readonly policy: CallPolicy;
  readonly hashOn: readonly HashSource[] | undefined;
  readonly body: CallBody;
  /** As `CallRequest.idempotent`. */
  readonly idempotent: boolean | undefined;
  readonly requestId: string;
  /** Tells this process from others, for loops. */
  readonly instanceId: string;
  readonly trace: RequestTrace | undefined;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
}

export function outgoingCall(exchange: Exchange, parts: OutgoingCallParts): Call {
  const { service, route, policy, trace } = parts;
  const { path, prefix, addressing } = route;
  const { head, remoteAddress } = exchange;
  const { method, fields, version, scheme, upgrade, authority } = head;
  let awaitsContinue =
    head.expectation === CONTINUE && exchange.body !== undefined && exchange.body.whole === undefined;
  const headers = upstreamRequestHeaders(fields, {
    remoteAddress,
    httpVersion: version,
    scheme,
    requestId: parts.requestId,
    authority,
    forwardsLeft: forwardsLeft(head),
    instanceId: parts.instanceId,
    via: service.policy.via !== false,
    prefix,
    traced: trace !== undefined,
  });
  const ruled = ruledRequest({ path, headers }, policy);
  return new Call(
    {
      method,
      path: ruled === undefined ? path : ruled.path,
      headers: ruled === undefined ? headers : ruled.headers,
      unruled: ruled === undefined ? undefined : { path, headers },
      authority: sentHost(service.policy.host, addressing, authority),
      body: parts.body,
      upgrade,
      tag: route.service.tag,
      hash: service.hashOf(path, { headers: fields, remoteAddress }, parts.hashOn),
      idempotent: parts.idempotent,
      informational: (response) =>
        exchange.inform({ ...response, fields: downstreamResponseHeaders(response.fields) }),
      awaitsContinue: () => awaitsContinue,
      continueBody: () => {
        awaitsContinue = false;
        exchange.continueBody();
      },
      trace,
    },
    parts.startedAt,
    callTimeoutMs(fields, policy.timeout.request),
  );
}

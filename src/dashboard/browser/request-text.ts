// What became of a request, in a line: why it failed and where.

import { count, words } from './format.ts';
import type { RequestSample } from './wire.ts';

type AttemptSample = RequestSample['attempts'][number];

/** Over TCP there is no request: the sample is of a connection. */
export function isConnection({ method }: Pick<RequestSample, 'method'>): boolean {
  return method === 'TCP';
}

/** Such as `connect failure: payments-2 at 10.0.0.7:8080, connection refused, after 3 attempts`. */
export function outcomeText({ method, reason, detail, attempts }: RequestSample): string {
  const last = attempts.at(-1);
  if (last === undefined) return reason === null ? 'no attempt' : withCause(words(reason), detail);
  const tries = attempts.length > 1 ? `, the last of ${count(attempts.length, 'attempt')}` : '';
  const verb = last.failure === null ? ' ' : ': ';
  const where = `${endpointName(last)}${verb}${attemptText(last, isConnection({ method }))}${tries}`;
  // Of a failed attempt its own text says it all; of a protection that ended the call the reason does.
  return reason === null || reason === last.failure ? where : withCause(words(reason), detail ?? where);
}

function withCause(reason: string, detail: string | null): string {
  return detail === null ? reason : `${reason}: ${detail}`;
}

/** An id is NODE/ID, and the node stands in the address; or it is the address itself. */
export function instanceName(id: string): string {
  return id.startsWith('unix:') ? id : id.slice(id.indexOf('/') + 1);
}

export function endpointName({ endpoint, authority }: Pick<AttemptSample, 'endpoint' | 'authority'>): string {
  const name = instanceName(endpoint);
  return name === authority ? authority : `${name} at ${authority}`;
}

/** Such as `answered 503`, `answered UNAVAILABLE` or `connect failure (connection refused)`. */
export function attemptText({ status, grpcStatus, failure, detail }: AttemptSample, overTcp = false): string {
  if (failure === null && overTcp) return 'was connected to';
  if (failure === null) return status === null ? 'did not respond' : `answered ${grpcStatus ?? status}`;
  return detail === null ? words(failure) : `${words(failure)} (${detail})`;
}

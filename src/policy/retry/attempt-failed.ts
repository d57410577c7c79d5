import { AmbassadorError } from '../../core/errors.ts';
import type { Reason } from '../../core/reasons.ts';
import type { TransportFailure } from '../../http/attempt.ts';

/** What the client did, of which the endpoint's name would say the wrong thing. */
const OF_THE_CLIENT: ReadonlySet<Reason> = new Set<Reason>(['bad_request', 'client_gone', 'request_timeout']);

/** An attempt that brought no response head. It becomes the result of the call unless another attempt is made. */
export class AttemptFailed extends AmbassadorError {
  readonly failure: TransportFailure;

  constructor(service: string, authority: string, failure: TransportFailure) {
    const { reason, detail } = failure;
    super(reason, OF_THE_CLIENT.has(reason) ? sentence(detail) : `${service} at ${authority}: ${detail}`);
    this.failure = failure;
  }
}

function sentence(detail: string): string {
  return `${detail.charAt(0).toUpperCase()}${detail.slice(1)}.`;
}

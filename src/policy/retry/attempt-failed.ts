import { AmbassadorError } from '../../core/errors.ts';
import type { TransportFailure } from '../../http/attempt.ts';

/** An attempt that brought no response head. It becomes the answer unless another attempt is made. */
export class AttemptFailed extends AmbassadorError {
  readonly failure: TransportFailure;

  constructor(service: string, authority: string, failure: TransportFailure) {
    super(failure.reason, `${service} at ${authority}: ${failure.detail}`);
    this.failure = failure;
  }
}

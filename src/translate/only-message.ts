// The one message of a unary response, as the client is to get it.

import { AmbassadorError } from '../core/errors.ts';

export class OnlyMessage<Written> {
  #written: Written | undefined;

  /** @throws AmbassadorError `untranslatable_response` when there is one already */
  set(written: Written): void {
    if (this.#written !== undefined) throw wrongCount('more than one message');
    this.#written = written;
  }

  /** @throws AmbassadorError `untranslatable_response` when there was none */
  get(): Written {
    if (this.#written === undefined) throw wrongCount('no message');
    return this.#written;
  }
}

function wrongCount(count: string): AmbassadorError {
  return new AmbassadorError(
    'untranslatable_response',
    `The endpoint responded with ${count}, though the method has one.`,
  );
}

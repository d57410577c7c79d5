// The part of the job that the proxies on Node.js do not do themselves: the less loaded of two random endpoints, and
// one that fails five times in a row is left alone for half a minute.

const FAILURES = 5;
const EJECTED_MS = 30_000;

export class Target<T> {
  readonly value: T;
  inFlight = 0;
  failures = 0;
  ejectedUntil = 0;

  constructor(value: T) {
    this.value = value;
  }
}

export class LeastLoaded<T> {
  readonly #targets: readonly Target<T>[];

  constructor(values: readonly T[]) {
    this.#targets = values.map((value) => new Target(value));
  }

  /** Hand what it returns to `done` when the answer is complete, or there is none. */
  pick(): Target<T> {
    const { length } = this.#targets;
    const first = Math.floor(Math.random() * length);
    const second = (first + 1 + Math.floor(Math.random() * (length - 1))) % length;
    const picked = better(this.#targets[first], this.#targets[second]);
    picked.inFlight++;
    return picked;
  }

  /** @param status 0 when there was no answer */
  done(target: Target<T>, status: number): void {
    target.inFlight--;
    if (status !== 0 && status < 500) target.failures = 0;
    else if (++target.failures >= FAILURES) target.ejectedUntil = performance.now() + EJECTED_MS;
  }
}

function better<T>(a: Target<T> | undefined, b: Target<T> | undefined): Target<T> {
  if (a === undefined || b === undefined) throw new Error('there are no endpoints');
  if (a.ejectedUntil !== b.ejectedUntil) return a.ejectedUntil < b.ejectedUntil ? a : b;
  return a.inFlight <= b.inFlight ? a : b;
}

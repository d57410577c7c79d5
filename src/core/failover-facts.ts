// What is reported of requests that go to another tier than the one that they are meant for.

export interface Failover {
  /** The first tier of a destination, as its chain calls it. */
  readonly from: string;
  /** The tier that most of its requests go to. */
  readonly to: string;
  /** Whether the first tier has no endpoint to use at all, rather than too few. */
  readonly isEmpty: boolean;
}

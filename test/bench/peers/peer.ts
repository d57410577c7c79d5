// What is measured: a proxy that does the same job as every other.

import type { Command } from '../pinning.ts';

/** The name that is taken off the path: a call of /payments/small reaches the upstream as /small. */
export const SERVICE = 'payments';

export interface Job {
  /** Where the proxy listens on loopback, over plain HTTP. */
  readonly port: number;
  /** A second free port, for those that need one to administer. */
  readonly spare: number;
  /** Ports of the three endpoints on loopback. */
  readonly endpoints: readonly number[];
  /** A folder of its own. */
  readonly folder: string;
  /** The ambassador as compiled for release. */
  readonly ambassadorMain: string;
  /** Called when everything has been measured, last registered first. */
  readonly after: (end: () => unknown) => void;
}

export interface Peer {
  readonly name: string;
  /** What it is, for the report. */
  readonly note: string;
  /** Its version, or why it cannot be measured here. */
  find(): Found;
  /** Writes its configuration, and says how it is started. */
  prepare(job: Job): Command | Promise<Command>;
}

export type Found = { readonly version: string } | { readonly missing: string };

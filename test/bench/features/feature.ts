// What is measured: the ambassador with one thing other than by default.

import type { Job } from '../peers/peer.ts';

/** Parts of a configuration, which are laid over the base's. */
export interface FeatureConfig {
  /** At the top level. */
  readonly top?: Readonly<Record<string, unknown>>;
  /** Of the service that is called. */
  readonly service?: Readonly<Record<string, unknown>>;
}

export interface Feature {
  readonly name: string;
  /** What exactly is on or off, for the report. */
  readonly note: string;
  configure(job: Pick<Job, 'after' | 'endpoints'>): FeatureConfig | Promise<FeatureConfig>;
}

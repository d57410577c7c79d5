// A proxy in one row: it takes the service's name off the path where there is one, and picks the least loaded endpoint.

import type { Found } from '../../peers/peer.ts';
import type { Command } from '../../pinning.ts';
import type { Row } from '../row.ts';

export interface RowJob {
  readonly row: Row;
  /** Where the proxy listens on loopback. */
  readonly port: number;
  /** A second free port, for those that need one to administer. */
  readonly spare: number;
  /** Ports of the endpoints on loopback. */
  readonly endpoints: readonly number[];
  /** The authority of endpoints that speak TLS. */
  readonly caFile: string;
  /** A folder of its own. */
  readonly folder: string;
  /** The ambassador as compiled for release. */
  readonly ambassadorMain: string;
}

export interface RowPeer {
  readonly name: string;
  /** Its version, or why it cannot be measured here. */
  find(): Found;
  /** Whether it has rows that are translated. Default false. */
  readonly translates?: true;
  /** What is asked of it instead of the row's path. */
  readonly path?: string;
  /** Writes its configuration, and says how it is started; undefined where it cannot do that. */
  prepare(job: RowJob): Command | undefined;
}

import type { ListenAddress } from '../net/listen-address.ts';

/** How far the process has come, as readiness tells it. */
export interface Lifecycle {
  listening: boolean;
  draining: boolean;
  /** What is still open is cut. */
  cutting: boolean;
  /** Where the admin API listens, once it does. */
  adminAt?: ListenAddress;
}

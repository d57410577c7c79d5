/** How far the process has come, as readiness tells it. */
export interface Lifecycle {
  listening: boolean;
  draining: boolean;
}

// What the timeline holds: one thing that happened, for people and for machines.

export const TIMELINE_KINDS = [
  'table',
  'chain',
  'ejection',
  'circuit',
  'panic',
  'discovery',
  'description',
  'operator',
  'config',
  'request',
  'advice',
] as const;

/**
 * - `table`: endpoints came, went or changed;
 * - `chain`: requests go another way, by routes, splits or failover;
 * - `ejection`: what outlier detection did to an endpoint;
 * - `circuit`: the circuit breaker moved;
 * - `panic`: requests go to endpoints that should get none, or no longer;
 * - `discovery`: the registry stopped answering, or answers again;
 * - `description`: requests are translated by another description of the API, or none can be had;
 * - `operator`: an operator made a change, or one that was made for a while has ended;
 * - `config`: a configuration was taken or refused;
 * - `request`: a request that failed or was slow, and now and then any other;
 * - `advice`: what a policy that is not enforced would have done.
 */
export type TimelineKind = (typeof TIMELINE_KINDS)[number];

export type TimelineSeverity = 'info' | 'warning' | 'error';

export interface TimelineEntry {
  /** Counts from 1 in this process. */
  readonly id: number;
  /** ISO 8601 in UTC. */
  readonly at: string;
  /** Null for what concerns no single service. */
  readonly service: string | null;
  readonly kind: TimelineKind;
  readonly severity: TimelineSeverity;
  /** A sentence for people. */
  readonly summary: string;
  /** The same for machines. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What is recorded in the timeline, which adds the number and the time. */
export type TimelineEvent = Omit<TimelineEntry, 'id' | 'at'>;

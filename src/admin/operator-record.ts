// Tells what operators call for, in the log and the timeline.

import type { Operator } from '../core/config-events.ts';
import type { AdminDependencies } from './dependencies.ts';

export interface OperatorAction extends Operator {
  readonly service: string;
  /** Undefined when it concerns the whole service. */
  readonly endpoint: string | undefined;
  readonly operation: string;
}

/** Writes it into the log and the timeline. */
export function recordOperation(
  { logger, timeline }: Pick<AdminDependencies, 'logger' | 'timeline'>,
  { service, endpoint, operation, who, why }: OperatorAction,
): void {
  const target = endpoint === undefined ? `the circuit of ${service}` : `${endpoint} of ${service}`;
  const reason = why === null ? '' : `: ${why}`;
  const summary = `${who ?? 'An operator'} called ${operation} for ${target}${reason}${/[.!?]$/.test(reason) ? '' : '.'}`;
  const detail = { operation, who, why, ...(endpoint !== undefined && { endpoint }) };
  logger.info({ service, ...detail }, summary);
  timeline.record({ service, kind: 'operator', severity: 'info', summary, detail });
}

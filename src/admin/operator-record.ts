// Tells what operators call for, in the log and the timeline.

import type { Operator } from '../core/config-events.ts';
import type { AdminDependencies } from './dependencies.ts';

export interface OperatorAction extends Operator {
  readonly service: string;
  /** Undefined when it concerns the whole service. */
  readonly endpoint: string | undefined;
  readonly operation: string;
}

/**
 * Writes it into the log, the timeline, and among what stands.
 * @param forSeconds until it ends by itself; undefined when only an operator ends it
 */
export function recordOperation(
  { logger, timeline, standing }: Pick<AdminDependencies, 'logger' | 'timeline' | 'standing'>,
  action: OperatorAction,
  forSeconds?: number,
): void {
  const { service, endpoint, operation, who, why } = action;
  const target = endpoint === undefined ? `the circuit of ${service}` : `${endpoint} of ${service}`;
  const reason = why === null ? '' : `: ${why}`;
  const summary = `${who ?? 'An operator'} called ${operation} for ${target}${reason}${/[.!?]$/.test(reason) ? '' : '.'}`;
  const detail = { operation, who, why, ...(endpoint !== undefined && { endpoint }) };
  standing.note(action, { forSeconds });
  logger.info({ service, ...detail }, summary);
  timeline.record({ service, kind: 'operator', severity: 'info', summary, detail });
}

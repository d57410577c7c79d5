// Tells what operators call for, in the log and the timeline.

import type { Operator } from '../core/config-events.ts';
import { lengthInWords } from '../core/in-words.ts';
import type { AdminDependencies } from './dependencies.ts';

/** What each call of the API did. */
const DONE: Readonly<Record<string, string>> = {
  eject: 'ejected',
  uneject: 'let back',
  drain: 'drained',
  undrain: 'let back',
  isolate: 'isolated',
  close: 'closed',
};

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
  const until = forSeconds === undefined ? '' : ` for ${lengthInWords(forSeconds)}`;
  const summary = `${who ?? 'An operator'} ${DONE[operation] ?? `called ${operation} for`} ${target}${until}${reason}${/[.!?]$/.test(reason) ? '' : '.'}`;
  const detail = { operation, who, why, ...(endpoint !== undefined && { endpoint }) };
  standing.note(action, { forSeconds });
  logger.info({ service, ...detail }, summary);
  timeline.record({ service, kind: 'operator', severity: 'info', summary, detail });
}

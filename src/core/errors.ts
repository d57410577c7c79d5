import type { Reason } from './reasons.ts';
import { secrets } from './secrets.ts';

export interface AmbassadorErrorOptions {
  /** The underlying fault, kept for the log. */
  readonly cause?: unknown;
  /** After how many seconds a new try makes sense; becomes the header Retry-After. */
  readonly retryAfterSeconds?: number;
}

/** A fault with a reason from the closed list: the only kind of error that the request path answers with. */
export class AmbassadorError extends Error {
  override readonly name = 'AmbassadorError';
  readonly reason: Reason;
  readonly retryAfterSeconds: number | undefined;

  /** @param detail one sentence for the person who reads the response; secrets in it are redacted */
  constructor(reason: Reason, detail: string, options: AmbassadorErrorOptions = {}) {
    super(secrets.redact(detail), { cause: options.cause });
    this.reason = reason;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  static from(thrown: unknown): AmbassadorError {
    if (thrown instanceof AmbassadorError) return thrown;
    return new AmbassadorError('internal_error', 'The ambassador failed while it handled this request.', {
      cause: thrown,
    });
  }
}

/** The code of a system or Node.js error, such as ENOENT; empty where what was thrown has none. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}

/** The text of whatever was thrown, for a log line. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

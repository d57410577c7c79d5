// How the admin API refuses: a problem document (RFC 9457) for every fault.

import { STATUS_CODES } from '../http/node-http.ts';

export interface AdminProblemDetails {
  readonly status: number;
  /** A word for programs, the last part of the document's `type`. */
  readonly reason: string;
  /** A sentence for people: what is wrong and what to do. */
  readonly detail: string;
  /** Further members of the document. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A call that is refused. Every other error is a fault of ours, and is answered with 500 and no detail. */
export class AdminProblem extends Error {
  override readonly name = 'AdminProblem';
  readonly details: AdminProblemDetails;

  constructor(details: AdminProblemDetails) {
    super(details.detail);
    this.details = details;
  }
}

export const PROBLEM_TYPE = 'application/problem+json';

export function problemDocument({ status, reason, detail, members }: AdminProblemDetails): object {
  return {
    type: `urn:consul-ambassador:${reason}`,
    title: STATUS_CODES[status] ?? 'Refused',
    status,
    detail,
    reason,
    ...members,
  };
}

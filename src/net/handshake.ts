// Why a connection that stood never became a secure one. What speaks over connections reads it here, and loads nothing of
// TLS by that.

export type HandshakeFault =
  | 'expired'
  | 'not_yet_valid'
  | 'unknown_authority'
  | 'self_signed'
  | 'untrusted'
  | 'weak'
  | 'name_constraint'
  | 'critical_extension'
  | 'wrong_name'
  | 'wrong_identity'
  | 'client_certificate_missing'
  | 'client_certificate_refused'
  | 'refused_in_mesh'
  | 'protocol_version'
  | 'server_name_refused'
  | 'no_common_protocol'
  | 'refused'
  | 'not_tls'
  | 'reset'
  | 'timed_out'
  | 'no_certificate'
  | 'own_certificate_ended'
  | 'other';

export interface HandshakeFailure {
  readonly fault: HandshakeFault;
  /** For people: what is wrong, and what to do about it. */
  readonly detail: string;
}

/** The connection did not stand in time. Who dials gives up with it. */
export class DialTimeout extends Error {
  override readonly name = 'DialTimeout';

  /** @param ms how long it was waited for */
  constructor(ms: number) {
    super(`no connection within ${ms} ms`);
  }
}

/** By the error with which the socket ended: Node.js makes most of them, and they are not to be changed. */
const failures = new WeakMap<Error, HandshakeFailure>();

export function noteHandshakeFailure(error: Error, failure: HandshakeFailure): void {
  failures.set(error, failure);
}

/** Undefined when the error is of another kind. */
export function handshakeFailureOf(error: unknown): HandshakeFailure | undefined {
  return error instanceof Error ? failures.get(error) : undefined;
}

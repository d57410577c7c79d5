// Errors of sockets become failures of attempts here, once, by their code and never by their message.

import { messageOf } from '../core/errors.ts';
import { shortageWhileConnecting } from '../core/shortage.ts';
import type { HandshakeFault } from '../net/handshake.ts';
import { handshakeFailureOf } from '../net/handshake.ts';
import type { TransportFailure } from './attempt.ts';
import type { StreamFault } from './body.ts';

/** Errors of the socket while it connects: no byte of a request was written. */
const CONNECT_CODES = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Handshakes that no endpoint can mend. */
const OWN_CERTIFICATE: ReadonlySet<HandshakeFault> = new Set(['no_certificate', 'own_certificate_ended']);

/** How far an attempt had come when it failed. */
export interface AttemptProgress {
  /** The transport began to write it. */
  readonly started: boolean;
  /** Any part of a response had come. */
  readonly responding: boolean;
  /** The whole request left in one write, so that a refused write means nothing was sent. */
  readonly singleWrite: boolean;
}

export function toTransportFailure(error: unknown, progress: AttemptProgress): TransportFailure {
  const handshake = progress.responding ? undefined : handshakeFailureOf(error);
  if (handshake !== undefined) {
    const { fault, detail } = handshake;
    if (OWN_CERTIFICATE.has(fault)) return { reason: 'certificate_unavailable', neverSent: true, detail };
    const failure = { reason: 'tls_failure', neverSent: true, detail } as const;
    // Whom an intention denies is denied by every proxy of the service, and none of them is at fault.
    return fault === 'refused_in_mesh' ? { ...failure, neutral: true } : failure;
  }
  const code = codeOf(error);
  const detail = describe(error, code);
  const shortage = shortageWhileConnecting(code);
  if (shortage !== undefined && !progress.started) {
    return { reason: 'out_of_resources', neverSent: true, detail: `${code}: ${shortage}` };
  }
  if (!progress.started || (code !== undefined && CONNECT_CODES.has(code))) {
    return { reason: 'connect_failure', neverSent: true, detail };
  }
  // EPIPE is the kernel's refusal to take the bytes: the connection was closed before they were written.
  const refusedWrite = code === 'EPIPE' && progress.singleWrite && !progress.responding;
  return { reason: 'upstream_reset', neverSent: refusedWrite, detail };
}

/** Faults of a request's content, which are reported to the client. */
const CONTENT_FAULTS = [
  'bad_request',
  'request_timeout',
  'untranslatable_request',
  'message_too_large',
] as const satisfies readonly TransportFailure['reason'][];

/** What the client began cannot become a whole request any more. */
export function brokenRequest({ reason, detail }: StreamFault): TransportFailure {
  const known = CONTENT_FAULTS.find((fault) => fault === reason);
  return { reason: known ?? 'client_gone', neverSent: false, detail };
}

/** The first code in the chain of causes, and of aggregated errors (several addresses of one name). */
function codeOf(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; depth++) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string') return code;
    at = at instanceof AggregateError ? at.errors[0] : at.cause;
  }
  return undefined;
}

function describe(error: unknown, code: string | undefined): string {
  const message = messageOf(error);
  return code === undefined || message.includes(code) ? message : `${code}: ${message}`;
}

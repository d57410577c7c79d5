// Pages of other origins that may call translated services: preflight requests are responded to, and pages may read
// the responses. Which origins these are `allowedOrigins` says; requests of all others are refused before.
// Source: Fetch ("HTTP-CORS protocol"); grpc/grpc, doc/PROTOCOL-WEB.md ("CORS preflight").

import { fieldValue } from '../http/fields.ts';
import type { Fields, RequestHead, ResponseHead } from '../http/message.ts';
import { sameOrigin } from '../http/origin.ts';
import type { WholeResponse } from './translation.ts';

/** Browsers hold no more than two hours. */
const PREFLIGHT_SECONDS = '7200';

const NO_CONTENT = 204;
const NO_BODY = Buffer.alloc(0);

/** What clients of gRPC-Web and Connect read wherever it stands. */
const STATUS_FIELDS = ['grpc-status', 'grpc-message', 'grpc-status-details-bin'];

/** A page that may call. */
export interface CallingPage {
  /** As its browser wrote it. */
  readonly origin: string;
  /** Whether cookies and the like may come along: only where the origin is named. */
  readonly credentials: boolean;
}

/**
 * Undefined for a request that no page of another origin has sent.
 * @param allowedOrigins those that may call; `*` for every one
 */
export function callingPage(fields: Fields, allowedOrigins: readonly string[]): CallingPage | undefined {
  if (allowedOrigins.length === 0) return undefined;
  const origin = fieldValue(fields, 'origin');
  if (origin === undefined) return undefined;
  if (allowedOrigins.some((allowed) => sameOrigin(allowed, origin))) return { origin, credentials: true };
  return allowedOrigins.includes('*') ? { origin, credentials: false } : undefined;
}

/** Undefined for a request that is no preflight request. */
export function preflightResponse(
  { method, fields }: RequestHead,
  page: CallingPage,
): WholeResponse | undefined {
  const asked = fieldValue(fields, 'access-control-request-method');
  if (method !== 'OPTIONS' || asked === undefined) return undefined;
  const sent = [...pageFields(page), 'access-control-allow-methods', asked];
  const names = fieldValue(fields, 'access-control-request-headers');
  if (names !== undefined) sent.push('access-control-allow-headers', names);
  sent.push('access-control-max-age', PREFLIGHT_SECONDS);
  return { head: { status: NO_CONTENT, reasonPhrase: '', fields: sent }, body: NO_BODY };
}

/** The head of a response that the page may read with all its fields. */
export function readableHead(head: ResponseHead, page: CallingPage): ResponseHead {
  const fields: string[] = [];
  const exposed = new Set(STATUS_FIELDS);
  for (let i = 0; i + 1 < head.fields.length; i += 2) {
    const name = head.fields[i] as string;
    const lower = name.toLowerCase();
    if (lower.startsWith('access-control-')) continue;
    fields.push(name, head.fields[i + 1] as string);
    exposed.add(lower);
  }
  fields.push(...pageFields(page), 'access-control-expose-headers', [...exposed].join(', '));
  return { ...head, fields };
}

function pageFields({ origin, credentials }: CallingPage): string[] {
  const fields = ['access-control-allow-origin', origin, 'vary', 'origin'];
  if (credentials) fields.push('access-control-allow-credentials', 'true');
  return fields;
}

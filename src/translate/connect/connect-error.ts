// How failures look in the Connect protocol. Source: connectrpc.com/docs/protocol, "Error Codes", "Unary-Response",
// "EndStreamResponse".

import type { AmbassadorError } from '../../core/errors.ts';
import { grpcStatusName } from '../../core/grpc-status.ts';
import type { JsonObject } from '../../core/json.ts';
import { REASONS } from '../../core/reasons.ts';
import type { Fields } from '../../http/message.ts';
import { packedDetails } from '../error-details.ts';
import type { GrpcEnd } from '../metadata.ts';
import type { WholeResponse } from '../translation.ts';

/** What of a problem document's head says something in any protocol. */
const KEPT = new Set(['x-ambassador-error', 'x-request-id', 'retry-after', 'allow', 'cache-control']);

/** `CANCELLED` has one l less in Connect. */
function codeName(code: number): string {
  return code === 1 ? 'canceled' : grpcStatusName(code).toLowerCase();
}

export function connectError({ code, message, details }: GrpcEnd): JsonObject {
  const packed = details === undefined ? [] : packedDetails(details);
  return {
    code: codeName(code),
    ...(message === '' ? {} : { message }),
    ...(packed.length === 0
      ? {}
      : {
          details: packed.map(({ typeUrl, value }) => ({
            type: typeUrl.slice(typeUrl.lastIndexOf('/') + 1),
            value: Buffer.from(value).toString('base64').replace(/=+$/, ''),
          })),
        }),
  };
}

/** A fault of ours as what a call could have come to. */
export function endOf({ reason, message }: AmbassadorError): GrpcEnd {
  return { code: REASONS[reason].grpcStatus, message, details: undefined, metadata: [] };
}

/** The fields of a refusal that any protocol has. */
export function refusalFields({ head }: WholeResponse): string[] {
  const fields: string[] = [];
  for (let i = 0; i + 1 < head.fields.length; i += 2) {
    const name = head.fields[i] as string;
    if (KEPT.has(name)) fields.push(name, head.fields[i + 1] as string);
  }
  return fields;
}

/** Each name with all its values, as an end of a stream has them. */
export function metadataJson(fields: Fields): JsonObject {
  const metadata: Record<string, string[]> = {};
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    const values = metadata[name] ?? [];
    values.push(fields[i + 1] as string);
    metadata[name] = values;
  }
  return metadata;
}

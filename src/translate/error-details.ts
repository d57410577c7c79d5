// What comes with a failure beside its code and its message. Source: google/rpc/status.proto; gRPC over HTTP/2,
// "Status-Details" (grpc-status-details-bin).

import type { JsonValue, Message, Registry } from '@bufbuild/protobuf';
import { fromBinary, toJson } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import { statusSchema } from './google-api.ts';
import { knownTypes } from './known-types.ts';

/**
 * The details as they came; none where there is no google.rpc.Status in the bytes.
 * @param bytes of grpc-status-details-bin
 */
export function packedDetails(bytes: Uint8Array): readonly Any[] {
  try {
    return (fromBinary(statusSchema, bytes) as Message & { readonly details: readonly Any[] }).details;
  } catch {
    return [];
  }
}

/** Each as an Any in JSON; one of a type that nothing describes is `{ "@type": …, "value": BASE64 }`. */
export function grpcErrorDetails(bytes: Uint8Array, registry: Registry): readonly JsonValue[] {
  const known = knownTypes(registry);
  return packedDetails(bytes).map((detail) => detailJson(detail, known));
}

function detailJson(detail: Any, registry: Registry): JsonValue {
  try {
    return toJson(AnySchema, detail, { registry });
  } catch {
    return { '@type': detail.typeUrl, value: Buffer.from(detail.value).toString('base64') };
  }
}

// What an error response of an HTTP service is as a status of gRPC: what its content says, and otherwise what its
// status says. Source: google/rpc/code.proto ("HTTP Mapping").

import type { JsonObject, JsonValue, Registry } from '@bufbuild/protobuf';
import { create, fromJson, toBinary } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import { grpcStatusName } from '../../core/grpc-status.ts';
import { grpcMessage } from '../../http/grpc.ts';
import { statusSchema } from '../google-api.ts';
import { knownTypes } from '../known-types.ts';

/** Where several codes are the same status of HTTP, the one that most clients of Google's APIs take. */
const CODES: ReadonlyMap<number, number> = new Map([
  [400, 3],
  [401, 16],
  [403, 7],
  [404, 5],
  [408, 4],
  [409, 10],
  [412, 9],
  [416, 11],
  [429, 8],
  [499, 1],
  [500, 13],
  [501, 12],
  [502, 14],
  [503, 14],
  [504, 4],
]);

const UNKNOWN = 2;
const FAILED_PRECONDITION = 9;
const INTERNAL = 13;
const LAST_CODE = 16;

/** Longer text is a page for people. */
const LONGEST_TEXT = 512;

export function grpcCodeOf(httpStatus: number): number {
  const code = CODES.get(httpStatus);
  if (code !== undefined) return code;
  if (httpStatus >= 400 && httpStatus < 500) return FAILED_PRECONDITION;
  return httpStatus >= 500 ? INTERNAL : UNKNOWN;
}

/**
 * The trailers of a call that the endpoint refused. Its content may be a problem document (RFC 9457), a
 * google.rpc.Status, Google's `{ "error": … }`, an error of Connect, or text.
 */
export function statusFields(httpStatus: number, content: Buffer, registry: Registry): string[] {
  const said = errorObject(content);
  const code = (said && codeOf(said)) ?? grpcCodeOf(httpStatus);
  const message =
    (said && messageIn(said)) ?? textIn(content) ?? `The endpoint responded with status ${httpStatus}.`;
  const fields = ['grpc-status', String(code), 'grpc-message', grpcMessage(message)];
  const details = detailsIn(said, registry);
  if (details.length > 0) {
    const status = create(statusSchema, { code, message, details });
    fields.push('grpc-status-details-bin', Buffer.from(toBinary(statusSchema, status)).toString('base64'));
  }
  return fields;
}

function errorObject(content: Buffer): JsonObject | undefined {
  try {
    const json = JSON.parse(content.toString('utf8')) as JsonValue;
    if (!isObject(json)) return undefined;
    return isObject(json['error']) ? json['error'] : json;
  } catch {
    return undefined;
  }
}

function isObject(json: JsonValue | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** A number under `code` may be HTTP's. */
function codeOf(said: JsonObject): number | undefined {
  for (const name of ['code', 'grpcStatus', 'status']) {
    const value = said[name];
    if (typeof value === 'string') {
      const code = codeNamed(value);
      if (code !== undefined) return code;
    }
  }
  const { code } = said;
  return typeof code === 'number' && Number.isInteger(code) && code > 0 && code <= LAST_CODE
    ? code
    : undefined;
}

/** By Google's name, or by that of Connect. */
function codeNamed(text: string): number | undefined {
  const name = text.toUpperCase() === 'CANCELED' ? 'CANCELLED' : text.toUpperCase();
  for (let code = 1; code <= LAST_CODE; code++) if (grpcStatusName(code) === name) return code;
  return undefined;
}

function messageIn(said: JsonObject): string | undefined {
  for (const name of ['message', 'detail', 'title', 'error']) {
    const value = said[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

function textIn(content: Buffer): string | undefined {
  const text = content.length <= LONGEST_TEXT ? content.toString('utf8').trim() : '';
  return text === '' || /^[<{[]/.test(text) ? undefined : text;
}

/** Those whose types are known; a status of gRPC cannot hold others. */
function detailsIn(said: JsonObject | undefined, registry: Registry): readonly Any[] {
  const details = said?.['details'];
  if (!Array.isArray(details)) return [];
  const options = { registry: knownTypes(registry), ignoreUnknownFields: true };
  return details.flatMap((detail) => {
    try {
      return isObject(detail) && '@type' in detail ? [fromJson(AnySchema, detail, options)] : [];
    } catch {
      return [];
    }
  });
}

// How a method of the sample service fails.

import type { FileRegistry, JsonObject, Message } from '@bufbuild/protobuf';
import { fromJson, toBinary } from '@bufbuild/protobuf';
import { messageOf } from '../../core/errors.ts';
import { FrameFault } from '../../translate/grpc-frames.ts';

/** Source: google/rpc/code.proto. */
const CODES = {
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  FAILED_PRECONDITION: 9,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
} as const;

export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  readonly code: number;
  /** google.protobuf.Any as JSON, with `@type`. */
  readonly details: readonly JsonObject[];

  constructor(code: keyof typeof CODES, message: string, details: readonly JsonObject[] = []) {
    super(message);
    this.code = CODES[code];
    this.details = details;
  }

  /** An encoded google.rpc.Status; undefined without details. */
  statusIn(registry: FileRegistry): Buffer | undefined {
    const { code, message, details } = this;
    const status = registry.getMessage('google.rpc.Status');
    if (details.length === 0 || status === undefined) return undefined;
    const encoded: Message = fromJson(status, { code, message, details: [...details] }, { registry });
    return Buffer.from(toBinary(status, encoded));
  }

  static from(thrown: unknown): GrpcError {
    if (thrown instanceof GrpcError) return thrown;
    return new GrpcError(thrown instanceof FrameFault ? 'INVALID_ARGUMENT' : 'INTERNAL', messageOf(thrown));
  }
}

// A server with reflection as a function, for what needs no sockets.

import { FrameReader } from '../../src/translate/grpc-frames.ts';
import type { GrpcCall, GrpcCallEnd } from '../../src/translate/reflection/reflect.ts';
import type { Reflectable } from './reflection-responder.ts';
import { respondToReflection } from './reflection-responder.ts';

const UNIMPLEMENTED: GrpcCallEnd = { grpcStatus: 12, message: 'unknown service', messages: [] };

export interface ScriptedReflection {
  readonly call: GrpcCall;
  /** The paths that were called, in order. */
  readonly called: string[];
  /** What it serves from now on; an error to fail with it, undefined for no reflection. */
  serve(reflectable: Reflectable | Error | undefined): void;
}

/** @param versions which it has. Default: v1 alone */
export function scriptedReflection(
  reflectable: Reflectable | undefined,
  versions: readonly string[] = ['v1'],
): ScriptedReflection {
  const called: string[] = [];
  let served: Reflectable | Error | undefined = reflectable;
  const call: GrpcCall = async (path, requests) => {
    called.push(path);
    if (served instanceof Error) throw served;
    const version = /^\/grpc\.reflection\.(\w+)\.ServerReflection\/ServerReflectionInfo$/.exec(path)?.[1];
    if (served === undefined || !versions.includes(version ?? '')) return UNIMPLEMENTED;
    const messages: Buffer[] = [];
    const current = served;
    const reader = new FrameReader(1024 ** 2, (request) =>
      messages.push(respondToReflection(current, request)),
    );
    reader.push(requests);
    reader.end();
    return { grpcStatus: 0, message: '', messages };
  };
  return {
    call,
    called,
    serve: (next) => {
      served = next;
    },
  };
}

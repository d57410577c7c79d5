// A call of gRPC that the ambassador makes of its own: through the service's policies, as if a client had made it.

import type { Clock } from '../core/clock.ts';
import { AmbassadorError } from '../core/errors.ts';
import { GRPC_UNKNOWN } from '../core/grpc-status.ts';
import type { TransportFailure, UpstreamResponse } from '../http/attempt.ts';
import type { Fields } from '../http/message.ts';
import type { CallRequest } from '../policy/call.ts';
import { Call } from '../policy/call.ts';
import { WholeBody } from '../policy/whole-body.ts';
import { FrameFault, FrameReader } from '../translate/grpc-frames.ts';
import { grpcEnd } from '../translate/metadata.ts';
import type { GrpcCall, GrpcCallEnd } from '../translate/reflection/reflect.ts';
import { sentElsewhere } from './sent-elsewhere.ts';
import type { Service } from './service.ts';

/** What a call may take in all, in milliseconds. */
const TIMEOUT_MS = 10_000;

/** Of a response with all its messages. */
const MAX_RESPONSE_BYTES = 16 * 1024 ** 2;

const OK_STATUS = 200;
const UNIMPLEMENTED = 12;

export function ownGrpcCall(service: Service, clock: Clock): GrpcCall {
  return async (path, requests) => {
    const call = new Call(requestOf(path, requests), clock.now(), TIMEOUT_MS);
    const timeout = clock.schedule(TIMEOUT_MS, () =>
      call.cancel(
        new AmbassadorError('deadline_exceeded', `${service.name} took longer than ${TIMEOUT_MS / 1_000} s`),
      ),
    );
    const { lastUsedAt } = service;
    service.active++;
    try {
      const own = sentElsewhere(call, service);
      const sent = own.route.send(own.call);
      // A question of ours does not keep a service in use.
      service.lastUsedAt = lastUsedAt;
      const result = await sent;
      if (result.kind === 'response') return await read(result.response, call);
      result.socket.destroy();
      throw new AmbassadorError('upstream_protocol_error', `${service.name} switched protocols`);
    } finally {
      timeout.cancel();
      call.finish();
      service.active--;
    }
  };
}

function requestOf(path: string, requests: Buffer): CallRequest {
  return {
    method: 'POST',
    path,
    headers: ['content-type', 'application/grpc', 'te', 'trailers', 'grpc-timeout', `${TIMEOUT_MS}m`],
    body: new WholeBody(requests),
    upgrade: undefined,
    hash: undefined,
    idempotent: true,
    // That a server has none of what is asked for is no fault of it.
    expectedGrpcStatus: UNIMPLEMENTED,
    isCopy: true,
    informational: () => {},
    awaitsContinue: () => false,
    continueBody: () => {},
  };
}

function read(response: UpstreamResponse, call: Call): Promise<GrpcCallEnd> {
  return new Promise((resolve, reject) => {
    const messages: Buffer[] = [];
    let bytes = 0;
    const fail = (error: unknown): void => {
      response.abandon();
      reject(error);
    };
    call.onCancel(fail);
    const reader = new FrameReader(MAX_RESPONSE_BYTES, (message) => messages.push(Buffer.from(message)));
    response.deliver({
      data: (chunk) => {
        bytes += chunk.length;
        try {
          if (bytes > MAX_RESPONSE_BYTES) throw new FrameFault('the response is too long', true);
          reader.push(chunk);
        } catch (error) {
          fail(error);
        }
        return true;
      },
      end: (trailers) => resolve({ ...statusOf(response, trailers), messages }),
      broken: ({ reason, detail }: TransportFailure) => reject(new AmbassadorError(reason, detail)),
    });
  });
}

/** Source: gRPC, doc/http-grpc-status-mapping.md. */
function statusOf(response: UpstreamResponse, trailers: Fields): Omit<GrpcCallEnd, 'messages'> {
  const end = grpcEnd(response.fields) ?? grpcEnd(trailers);
  if (end !== undefined) return { grpcStatus: end.code, message: end.message };
  const { status } = response;
  if (status === OK_STATUS) return { grpcStatus: GRPC_UNKNOWN, message: 'the response names no status' };
  return {
    grpcStatus: status === 404 ? UNIMPLEMENTED : GRPC_UNKNOWN,
    message: `the response is HTTP ${status}, none of gRPC`,
  };
}

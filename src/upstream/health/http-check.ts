// Checks by HTTP and by gRPC.

import { grpcStatusName } from '../../core/grpc-status.ts';
import type { Body } from '../../http/body.ts';
import { fieldValue } from '../../http/fields.ts';
import type { CheckResult } from './check-result.ts';
import { failed, PASSED } from './check-result.ts';
import { HEALTH_CHECK_PATH, healthCheckRequest, servingStatus } from './grpc-health.ts';
import type { CheckResponse, RequestCheck } from './request-check.ts';

const USER_AGENT = ['user-agent', 'consul-ambassador-health-check'];

/** @param host what Host says; undefined for the endpoint's own address */
export function httpCheck({
  path,
  host,
}: {
  readonly path: string;
  readonly host?: string | undefined;
}): RequestCheck {
  return {
    request: {
      method: 'GET',
      path,
      authority: host,
      fields: ['accept', '*/*', ...USER_AGENT],
      body: undefined,
      upgrade: undefined,
    },
    judge: ({ head: { status } }) =>
      status >= 200 && status < 400 ? PASSED : failed(`GET ${path}: status ${status}`),
  };
}

/** @param service empty for the server as a whole */
export function grpcCheck({ service }: { readonly service: string }): RequestCheck {
  const message = healthCheckRequest(service);
  return {
    request: {
      method: 'POST',
      path: HEALTH_CHECK_PATH,
      fields: ['content-type', 'application/grpc', 'te', 'trailers', ...USER_AGENT],
      body: wholeBody(message),
      upgrade: undefined,
    },
    judge: (response) => judgeGrpc(service, response),
  };
}

/** What statuses of this call say. */
const MEANINGS: Readonly<Record<string, string>> = {
  NOT_FOUND: ': the server does not know this service',
  UNIMPLEMENTED: ': the server has no grpc.health.v1.Health',
};

function judgeGrpc(service: string, { head, content, trailers }: CheckResponse): CheckResult {
  const about = `the gRPC health check${service === '' ? '' : ` of ${service}`}`;
  if (head.status !== 200) return failed(`${about}: HTTP status ${head.status}`);
  const code = fieldValue(trailers, 'grpc-status') ?? fieldValue(head.fields, 'grpc-status');
  if (code === undefined)
    return failed(`${about}: no grpc-status: it does not speak gRPC, or needs protocol: grpc`);
  if (code !== '0') {
    const name = /^\d{1,2}$/.test(code) ? grpcStatusName(Number(code)) : code;
    return failed(`${about}: grpc-status ${code}${name === code ? '' : ` ${name}`}${MEANINGS[name] ?? ''}`);
  }
  const status = servingStatus(content);
  return status === 'SERVING'
    ? PASSED
    : failed(`${about}: ${status ?? 'a message that is not a HealthCheckResponse'}`);
}

function wholeBody(whole: Buffer): Body {
  return { length: whole.length, whole, deliver: () => {}, resume: () => {}, abandon: () => {} };
}

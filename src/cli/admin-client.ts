// Asks a running ambassador through its admin API.

import { connect } from 'node:net';
import type { ReadinessReport } from '../admin/readiness.ts';
import { messageOf } from '../core/errors.ts';
import { request } from '../http/node-http.ts';
import type { AdminTarget } from './admin-address.ts';
import { AdminError, adminTarget } from './admin-address.ts';
import { UsageError } from './command.ts';

export interface AdminCallOptions {
  /** What a call that changes something shows. */
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

export class AdminClient {
  readonly #address: string;
  readonly #target: AdminTarget;

  /** @param address `http://HOST:PORT`, `HOST:PORT` or `unix:PATH`. @throws UsageError */
  constructor(address: string) {
    const target = adminTarget(address);
    if (typeof target === 'string') throw new UsageError(target);
    this.#target = target;
    this.#address = target.kind === 'unix' ? address : target.url.origin;
  }

  /** @throws AdminError */
  async get(path: string): Promise<unknown> {
    return answerOf(await this.#ask('GET', path, undefined, {}));
  }

  /** Whether traffic can flow, and what is waited for. @throws AdminError */
  async readiness(): Promise<ReadinessReport> {
    const { status, body } = await this.#ask('GET', '/readyz', undefined, {});
    const answer = parsed(body);
    if (typeof answer === 'object' && answer !== null && 'waitingFor' in answer)
      return answer as ReadinessReport;
    throw new AdminError(problemText(answer) ?? `the ambassador answered ${status}`);
  }

  /** @throws AdminError */
  post(path: string, content: object, options: AdminCallOptions): Promise<unknown> {
    return this.change('POST', path, content, options);
  }

  /** @throws AdminError */
  async change(
    method: 'POST' | 'PUT' | 'DELETE',
    path: string,
    content: object,
    { token, headers = {} }: AdminCallOptions,
  ): Promise<unknown> {
    const body = JSON.stringify(content);
    return answerOf(
      await this.#ask(method, path, body, {
        'content-type': 'application/json',
        // Node.js frames no content of a DELETE by itself.
        'content-length': String(Buffer.byteLength(body)),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      }),
    );
  }

  #ask(
    method: string,
    path: string,
    content: string | undefined,
    headers: Readonly<Record<string, string>>,
  ): Promise<AdminAnswer> {
    const target = this.#target;
    const url = new URL(path, target.kind === 'tcp' ? target.url : 'http://localhost');
    return new Promise((resolve, reject) => {
      const call = request(
        url,
        { method, headers, ...(target.kind === 'unix' && { createConnection: () => connect(target.path) }) },
        (response) => {
          let body = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            body += chunk;
          });
          response.on('end', () => {
            const isProxy = response.headers['x-ambassador-error'] !== undefined;
            if (isProxy)
              reject(new AdminError(`${this.#address} is where applications call, and not the admin API`));
            else resolve({ status: response.statusCode ?? 0, body });
          });
          response.on('error', reject);
        },
      );
      call.on('error', (error) =>
        reject(new AdminError(`no ambassador answers at ${this.#address}: ${messageOf(error)}`)),
      );
      call.end(content);
    });
  }
}

const UNAUTHORIZED = 401;
const HOW_TO_SHOW_IT = 'Here: --token-file FILE, or the variable AMBASSADOR_ADMIN_TOKEN.';

interface AdminAnswer {
  readonly status: number;
  readonly body: string;
}

/** @throws AdminError */
function answerOf({ status, body }: AdminAnswer): unknown {
  const answer = parsed(body);
  if (status === 200) return answer;
  if (status === UNAUTHORIZED)
    throw new AdminError(`${problemText(answer) ?? 'the admin token is missing'} ${HOW_TO_SHOW_IT}`);
  throw new AdminError(problemText(answer) ?? `the ambassador answered ${status}`, reasonOf(answer));
}

function reasonOf(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('reason' in answer)) return undefined;
  return typeof answer.reason === 'string' ? answer.reason : undefined;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function problemText(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('detail' in answer)) return undefined;
  return typeof answer.detail === 'string' ? answer.detail : undefined;
}

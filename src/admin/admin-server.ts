// The admin API's server: every call is checked before anything else, and every refusal is a problem document.

import { chmod } from 'node:fs/promises';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import fastify from 'fastify';
import { NO_SCHEMAS } from '../core/no-schemas.ts';
import { secrets } from '../core/secrets.ts';
import { STATUS_CODES } from '../http/node-http.ts';
import { CannotListen } from '../listener/cannot-listen.ts';
import { bind } from '../net/bind.ts';
import type { ListenAddress } from '../net/listen-address.ts';
import type { AccessRules } from './access.ts';
import { checkAccess, operatorAccess } from './access.ts';
import type { AdminProblemDetails } from './admin-problem.ts';
import { AdminProblem, PROBLEM_TYPE, problemDocument } from './admin-problem.ts';
import { circuitRoutes } from './circuit-routes.ts';
import { configRoutes } from './config-routes.ts';
import type { AdminDependencies } from './dependencies.ts';
import { explainRoutes } from './explain-routes.ts';
import { logLevelRoutes } from './log-level-routes.ts';
import { openApiRoutes } from './openapi-routes.ts';
import { operatorRoutes } from './operator-routes.ts';
import { overrideRoutes } from './override-routes.ts';
import { overviewRoutes } from './overview-routes.ts';
import { probeRoutes } from './probe-routes.ts';
import { serviceOpenApiRoutes } from './service-openapi-routes.ts';
import { serviceRoutes } from './service-routes.ts';
import { StandingActions } from './standing-actions.ts';
import { timelineRoutes } from './timeline-routes.ts';

export interface AdminServerOptions extends Omit<AdminDependencies, 'operators' | 'standing'>, AccessRules {
  /** Adds the pages for people beside the API. */
  readonly pages?: (app: FastifyInstance) => void;
}

const ROUTES = [
  probeRoutes,
  overviewRoutes,
  serviceRoutes,
  serviceOpenApiRoutes,
  timelineRoutes,
  explainRoutes,
  logLevelRoutes,
  openApiRoutes,
  configRoutes,
  operatorRoutes,
  circuitRoutes,
  overrideRoutes,
] as const;

/** An endpoint's id may be as long as a node's and a service's name and their encoding. */
const MAX_PARAMETER_LENGTH = 2_048;

const MAX_CONTENT_BYTES = 64 * 1024;

/** How long a caller may take to send a request, in milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000;

/** Connecting is the permission to change things: the owner of the process alone has it. */
const SOCKET_MODE = 0o600;

export class AdminServer {
  readonly #options: AdminServerOptions;
  #rules: AccessRules;
  readonly #fastify: FastifyInstance;

  constructor(options: AdminServerOptions) {
    this.#options = options;
    this.#rules = options;
    this.#fastify = fastify({
      schemaController: NO_SCHEMAS,
      bodyLimit: MAX_CONTENT_BYTES,
      requestTimeout: REQUEST_TIMEOUT_MS,
      routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
      forceCloseConnections: true,
      frameworkErrors: (error, _request, reply) => this.#refuse(error, reply),
      clientErrorHandler: (error, socket) => {
        if (socket.writable) socket.end(malformedAnswer(error.message), 'latin1');
        else socket.destroy();
      },
    });
    this.#fastify.setErrorHandler((error: FastifyError, _request, reply) => this.#refuse(error, reply));
    this.#fastify.setNotFoundHandler(() => {
      throw new AdminProblem({
        status: 404,
        reason: 'not_found',
        detail: 'There is nothing here. A slash within a name or an id is written %2F.',
      });
    });
    this.#fastify.addHook('onRequest', async (request, reply) => {
      reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
      const {
        host,
        origin,
        authorization,
        'sec-fetch-site': given,
        'user-agent': userAgent,
      } = request.headers;
      const site = Array.isArray(given) ? given.join(', ') : given;
      const hosts = request.raw.rawHeaders.filter((text, i) => i % 2 === 0 && isHost(text)).length;
      const route = request.routeOptions.url;
      const { method } = request;
      checkAccess({ method, route, host, hosts, origin, site, userAgent, authorization }, this.#rules);
    });
    // What discovery, endpoints and receivers said is shown, and may repeat what they were sent.
    this.#fastify.addHook('onSend', async (_request, reply, payload) =>
      typeof payload === 'string' ? redactedPayload(reply, payload) : payload,
    );
    const standing = new StandingActions(options);
    const dependencies = { ...options, operators: () => operatorAccess(this.#rules), standing };
    for (const add of ROUTES) add(this.#fastify, dependencies);
    options.pages?.(this.#fastify);
  }

  /** Lets in by other rules from now on. */
  admit(rules: Pick<AccessRules, 'token' | 'allowedHosts'>): void {
    this.#rules = { ...this.#rules, ...rules };
  }

  /**
   * Binds the address; resolves to what was bound, with the real port where port 0 was asked for.
   * @throws Error naming the address that cannot be had
   */
  async listen(): Promise<ListenAddress> {
    const { address } = this.#options;
    try {
      const bound = await bind(this.#fastify, address);
      if (bound.kind === 'unix') await chmod(bound.path, SOCKET_MODE);
      return bound;
    } catch (error) {
      throw await CannotListen.because('admin.listen', address, error);
    }
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    await this.#fastify.close();
  }

  #refuse(error: FastifyError | AdminProblem, reply: FastifyReply): void {
    const details = error instanceof AdminProblem ? error.details : problemOf(error);
    if (details.status >= 500) this.#options.logger.error({ err: error }, 'The admin API failed.');
    reply
      .code(details.status)
      .headers({ ...details.headers })
      .type(PROBLEM_TYPE)
      .send(problemDocument(details));
  }
}

function redactedPayload(reply: FastifyReply, payload: string): string {
  const redacted = secrets.redactStructured(payload);
  if (redacted !== payload) reply.removeHeader('content-length');
  return redacted;
}

function isHost(name: string): boolean {
  return name.toLowerCase() === 'host';
}

/** What Fastify refused by itself, or a fault of ours. */
function problemOf({ statusCode = 500, message, code }: FastifyError): AdminProblemDetails {
  if (statusCode >= 500 || statusCode < 400) {
    return { status: 500, reason: 'internal_error', detail: 'The ambassador failed; its log tells why.' };
  }
  const detail =
    code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE'
      ? 'Content is read as JSON: send it with Content-Type: application/json (curl --json).'
      : message;
  return { status: statusCode, reason: 'bad_request', detail };
}

function malformedAnswer(message: string): string {
  const status = 400;
  const detail = `The request is not valid HTTP/1.1 (${message}).`;
  const body = JSON.stringify(problemDocument({ status, reason: 'bad_request', detail }));
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${PROBLEM_TYPE}\r\n` +
    `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`
  );
}

// What happened in the last quarter of an hour.

import type { FastifyInstance } from 'fastify';
import type { TimelineKind } from '../observe/timeline/timeline-entry.ts';
import { TIMELINE_KINDS } from '../observe/timeline/timeline-entry.ts';
import { AdminProblem } from './admin-problem.ts';
import type { AdminDependencies } from './dependencies.ts';

const DEFAULT_LIMIT = 200;

type Query = Readonly<Record<string, string | string[] | undefined>>;

export function timelineRoutes(app: FastifyInstance, { timeline }: AdminDependencies): void {
  app.get<{ Querystring: Query }>('/api/timeline', ({ query }) => {
    const { service, kind, sinceId, limit, ...unknown } = query;
    const [stranger] = Object.keys(unknown);
    if (stranger !== undefined)
      throw refused(`${stranger} is not known: service, kind, sinceId and limit are.`);
    return {
      entries: timeline.entries({
        service: single(service, 'service'),
        kinds: kinds(kind),
        sinceId: wholeNumber(sinceId, 'sinceId'),
        limit: wholeNumber(limit, 'limit') ?? DEFAULT_LIMIT,
      }),
    };
  });
}

function kinds(value: Query[string]): ReadonlySet<TimelineKind> | undefined {
  if (value === undefined) return undefined;
  const found = [value].flat().map((name) => {
    const kind = TIMELINE_KINDS.find((known) => known === name);
    if (kind === undefined) throw refused(`kind: expected one of ${TIMELINE_KINDS.join(', ')}, not ${name}`);
    return kind;
  });
  return new Set(found);
}

function wholeNumber(value: Query[string], name: string): number | undefined {
  const text = single(value, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw refused(`${name}: expected a whole number`);
  return Number(text);
}

function single(value: Query[string], name: string): string | undefined {
  if (Array.isArray(value)) throw refused(`${name}: expected once`);
  return value;
}

function refused(detail: string): AdminProblem {
  return new AdminProblem({ status: 400, reason: 'bad_request', detail });
}

// Questions to the admin API.

import type { Configuration, RequestSamples, ServiceHistory, ServiceView, TimelineEntry } from './wire.ts';

/** An answer that is no success. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

export function servicePath(name: string): string {
  return `/api/services/${encodeURIComponent(name)}`;
}

export function fetchService(name: string): Promise<ServiceView> {
  return ask(servicePath(name));
}

export function fetchHistory(name: string): Promise<ServiceHistory> {
  return ask(`${servicePath(name)}/history`);
}

export function fetchRequests(name: string): Promise<RequestSamples> {
  return ask(`${servicePath(name)}/requests`);
}

export function fetchConfiguration(): Promise<Configuration> {
  return ask('/api/config');
}

/** All but single requests. */
const TIMELINE_KINDS = [
  'table',
  'chain',
  'ejection',
  'circuit',
  'panic',
  'description',
  'discovery',
  'operator',
  'config',
  'advice',
] as const satisfies readonly TimelineEntry['kind'][];

/** The last `limit` things that happened, the oldest first. */
export async function fetchTimeline(limit: number, service?: string): Promise<readonly TimelineEntry[]> {
  const query = new URLSearchParams(TIMELINE_KINDS.map((kind) => ['kind', kind]));
  query.set('limit', String(limit));
  if (service !== undefined) query.set('service', service);
  const { entries } = await ask<{ entries: readonly TimelineEntry[] }>(`/api/timeline?${query}`);
  return entries;
}

/** @throws ApiError */
async function ask<T>(path: string): Promise<T> {
  const response = await fetch(path, { headers: { accept: 'application/json' } });
  if (!response.ok) throw new ApiError(response.status, await detailOf(response));
  return response.json();
}

/** What a problem document says. */
export async function detailOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { detail }: { detail?: unknown } = JSON.parse(text);
    return typeof detail === 'string' ? detail : text;
  } catch {
    return `The admin API answered ${response.status}.`;
  }
}

// What the browser's tab says: enough to see from another tab that something is wrong.

import type { Model } from './model.ts';
import { verdict } from './verdict.ts';

const SIGNS = { error: '✕ ', warning: '▲ ', info: '', ok: '' } as const;

export function titleOf({ route, overview, silentForMs, timeline }: Model): string {
  const place = route.page === 'service' ? `${route.name} · consul-ambassador` : 'consul-ambassador';
  if (silentForMs !== undefined) return `… ${place}`;
  if (overview === undefined) return place;
  const { level, headline } = verdict(overview, timeline);
  return `${SIGNS[level]}${route.page === 'service' ? place : `${headline} · ${place}`}`;
}

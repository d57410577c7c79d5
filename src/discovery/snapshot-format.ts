// What a snapshot file holds: the endpoints of every service and when the registry last confirmed them. Pure; what
// cannot be read is left out, so that no file can keep the process from starting.

import { z } from 'zod';
import { isHostAddress } from '../endpoint/address.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';

/** The endpoints of one service as they were saved. */
export interface SavedEndpoints {
  readonly endpoints: readonly Endpoint[];
  /** Milliseconds since the registry confirmed them. */
  readonly ageMs: number;
}

/** Older entries are of no use: instances have moved since. Milliseconds. */
export const SNAPSHOT_TTL_MS = 24 * 3_600_000;

const FORMAT_VERSION = 1;

const endpoint = z.object({
  id: z.string().min(1),
  address: z.string().refine(isHostAddress),
  port: z.int().min(0).max(65_535),
  health: z.enum(['passing', 'warning', 'critical', 'maintenance']),
  healthDetail: z.string().optional(),
  weight: z.number().min(0),
  tags: z.array(z.string()),
  meta: z.record(z.string(), z.string()),
  node: z.string(),
  datacenter: z.string().optional(),
});

const service = z.object({
  confirmedAt: z.number(),
  endpoints: z
    .array(endpoint)
    .refine((endpoints) => new Set(endpoints.map(({ id }) => id)).size === endpoints.length),
});

const file = z.object({
  version: z.literal(FORMAT_VERSION),
  savedAt: z.number(),
  services: z.record(z.string(), z.unknown()),
});

/** @param wallTime milliseconds since the Unix epoch */
export function formatSnapshot(
  services: Iterable<readonly [string, SavedEndpoints]>,
  wallTime: number,
): string {
  const entries = [...services].map(([key, { endpoints, ageMs }]) => [
    key,
    { confirmedAt: Math.round(wallTime - ageMs), endpoints },
  ]);
  return JSON.stringify({
    version: FORMAT_VERSION,
    savedAt: wallTime,
    services: Object.fromEntries(entries),
  });
}

/**
 * @returns the entries that can be used, and how many cannot; undefined when it is no snapshot at all
 */
export function readSnapshot(
  text: string,
  wallTime: number,
): { readonly services: Map<string, SavedEndpoints>; readonly leftOut: number } | undefined {
  const read = file.safeParse(parseJson(text));
  if (!read.success) return undefined;
  const services = new Map<string, SavedEndpoints>();
  let leftOut = 0;
  for (const [key, value] of Object.entries(read.data.services)) {
    const entry = service.safeParse(value);
    const ageMs = entry.success ? wallTime - entry.data.confirmedAt : Number.POSITIVE_INFINITY;
    // Confirmed that far in the future: one of the two clocks was wrong by more than an entry lives.
    if (!entry.success || Math.abs(ageMs) > SNAPSHOT_TTL_MS) {
      leftOut++;
      continue;
    }
    // A clock that went back must not make an entry younger than new.
    services.set(key, { endpoints: entry.data.endpoints.map(complete), ageMs: Math.max(0, ageMs) });
  }
  return { services, leftOut };
}

function complete(read: z.output<typeof endpoint>): Endpoint {
  return { ...read, healthDetail: read.healthDetail, datacenter: read.datacenter };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

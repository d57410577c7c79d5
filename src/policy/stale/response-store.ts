// Whole responses in memory, the least recently used given up first. One store serves all services of a process, so
// that its bound is one bound.

import { fieldValue } from '../../http/fields.ts';
import type { Fields } from '../../http/message.ts';
import type { Lifetime } from './storing-rules.ts';
import { longestAge, variesBy } from './storing-rules.ts';

export interface StoredRequest {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  /** Other instances may respond differently. */
  readonly tag?: string | undefined;
  readonly headers: Fields;
  /** Lower-case names of fields that distinguish responses, whatever Vary says. */
  readonly keyHeaders: readonly string[];
}

export interface StoredResponse {
  readonly headers: Fields;
  readonly body: Buffer;
  readonly ageMs: number;
}

interface Entry {
  readonly resource: string;
  readonly headers: Fields;
  readonly body: Buffer;
  readonly lifetime: Lifetime;
  readonly storedAt: number;
  readonly bytes: number;
}

/** All that is kept under one path. */
interface Resource {
  readonly service: string;
  /** The fields that the newest response depends on (RFC 9111 §4.1), those of the configuration among them. */
  varies: readonly string[];
  readonly variants: Set<string>;
}

/** What an entry costs beside its content: objects and pointers. */
const OVERHEAD_BYTES = 1_024;

export class ResponseStore {
  #capacity: number;
  /** From the least to the most recently used. */
  readonly #entries = new Map<string, Entry>();
  readonly #resources = new Map<string, Resource>();
  #stored = 0;
  #arriving = 0;

  /** @param capacity in bytes, for all that is kept and all that is on its way here */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** @param capacity in bytes; what is over it goes */
  resize(capacity: number): void {
    this.#capacity = capacity;
    this.#evict();
  }

  /** Bytes in use, those of responses that are still arriving among them. */
  get bytes(): number {
    return this.#stored + this.#arriving;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Makes room for a part of a response. False when too much is arriving at once: then nothing was taken. */
  tryReserve(bytes: number): boolean {
    // Only half, so that many long responses that may never be whole cannot push all others out.
    if (this.#arriving + bytes > this.#capacity / 2) return false;
    this.#arriving += bytes;
    this.#evict();
    return true;
  }

  /** What was reserved is not needed any more. */
  release(bytes: number): void {
    this.#arriving -= bytes;
  }

  put(request: StoredRequest, headers: Fields, body: Buffer, lifetime: Lifetime, now: number): void {
    const named = variesBy(headers);
    if (named === '*') return;
    const varies = [...request.keyHeaders, ...named];
    const resourceKey = keyOfResource(request.service, request.path);
    const key = keyOfVariant(resourceKey, varies, request);
    this.#delete(key);
    const bytes = body.length + 2 * (key.length + resourceKey.length) + lengthOf(headers) + OVERHEAD_BYTES;
    if (bytes > this.#capacity) return;
    const resource = this.#resources.get(resourceKey) ?? {
      service: request.service,
      varies,
      variants: new Set(),
    };
    resource.varies = varies;
    resource.variants.add(key);
    this.#resources.set(resourceKey, resource);
    this.#entries.set(key, { resource: resourceKey, headers, body, lifetime, storedAt: now, bytes });
    this.#stored += bytes;
    this.#evict();
  }

  /** The response to this request, if it may still be used. */
  find(request: StoredRequest, now: number): StoredResponse | undefined {
    const key = this.#keyOf(request);
    const entry = key === undefined ? undefined : this.#entries.get(key);
    if (key === undefined || entry === undefined) return undefined;
    const ageMs = entry.lifetime.initialAgeMs + now - entry.storedAt;
    const longest = longestAge(request, entry.lifetime);
    if (longest === undefined) return undefined;
    if (ageMs > entry.lifetime.freshMs + entry.lifetime.staleMs) {
      this.#delete(key);
      return undefined;
    }
    if (ageMs > longest) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return { headers: entry.headers, body: entry.body, ageMs };
  }

  /** Drops the response to this request. */
  drop(request: StoredRequest): void {
    const key = this.#keyOf(request);
    if (key !== undefined) this.#delete(key);
  }

  /** Something changed what is behind the path (RFC 9111 §4.4): no response from there may be used any more. */
  invalidate(service: string, path: string): void {
    this.#deleteAll(this.#resources.get(keyOfResource(service, path)));
  }

  /** The service is gone. */
  forget(service: string): void {
    for (const resource of [...this.#resources.values()]) {
      if (resource.service === service) this.#deleteAll(resource);
    }
  }

  #keyOf(request: StoredRequest): string | undefined {
    const resourceKey = keyOfResource(request.service, request.path);
    const resource = this.#resources.get(resourceKey);
    return resource && keyOfVariant(resourceKey, resource.varies, request);
  }

  #deleteAll(resource: Resource | undefined): void {
    for (const key of [...(resource?.variants ?? [])]) this.#delete(key);
  }

  #evict(): void {
    for (const key of this.#entries.keys()) {
      if (this.bytes <= this.#capacity) return;
      this.#delete(key);
    }
  }

  #delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#stored -= entry.bytes;
    const resource = this.#resources.get(entry.resource);
    resource?.variants.delete(key);
    if (resource?.variants.size === 0) this.#resources.delete(entry.resource);
  }
}

function keyOfResource(service: string, path: string): string {
  return JSON.stringify([service, path]);
}

function keyOfVariant(
  resourceKey: string,
  varies: readonly string[],
  { tag, headers }: Pick<StoredRequest, 'tag' | 'headers'>,
): string {
  return JSON.stringify([
    resourceKey,
    tag?.toLowerCase() ?? null,
    ...varies.map((name) => [name, fieldValue(headers, name) ?? null]),
  ]);
}

function lengthOf(headers: Fields): number {
  return headers.reduce((sum, text) => sum + text.length, 0);
}

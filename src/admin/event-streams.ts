// Server-sent events (WHATWG HTML §9.2): the overview every second, which is the heartbeat too, and the timeline as it
// happens. A reader that falls behind is let go; it may come back with Last-Event-ID for what it missed.

import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ScheduledTask } from '../core/clock.ts';
import { secrets } from '../core/secrets.ts';
import type { TimelineEntry } from '../observe/timeline/timeline-entry.ts';
import { AdminProblem } from './admin-problem.ts';
import type { AdminDependencies } from './dependencies.ts';
import type { OverviewSource } from './overview-source.ts';

const MAX_STREAMS = 32;
const OVERVIEW_EVERY_MS = 1_000;

/** What may wait for one reader, beyond what the system holds for its connection. */
const MAX_BEHIND_BYTES = 1024 * 1024;

/** Of what a reader missed it gets the newest so many entries, well within what may wait for it. */
const MAX_RESUMED = 200;

/** How long a browser waits before it comes back, in milliseconds. */
const RETRY_MS = 1_000;

export class EventStreams {
  readonly #overview: OverviewSource;
  readonly #dependencies: AdminDependencies;
  readonly #open = new Set<ServerResponse>();
  #tick: ScheduledTask | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(overview: OverviewSource, dependencies: AdminDependencies) {
    this.#overview = overview;
    this.#dependencies = dependencies;
  }

  /** @throws AdminProblem 503 when there are too many already */
  open({ headers }: FastifyRequest, reply: FastifyReply): void {
    if (this.#open.size >= MAX_STREAMS) {
      throw new AdminProblem({
        status: 503,
        reason: 'too_many_streams',
        detail: `${MAX_STREAMS} streams of events are open: close one first.`,
      });
    }
    reply.hijack();
    const { raw } = reply;
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) raw.setHeader(name, value);
    }
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    raw.on('close', () => this.#left(raw));
    raw.on('error', () => {});
    if (this.#open.size === 0) this.#begin();
    this.#open.add(raw);
    this.#send(
      raw,
      `retry: ${RETRY_MS}\n\n${this.#overviewEvent()}${this.#missed(headers['last-event-id'])}`,
    );
  }

  /** Ends every stream. */
  close(): void {
    for (const raw of this.#open) raw.end();
    this.#rest();
  }

  #begin(): void {
    this.#overview.watch(true);
    this.#unsubscribe = this.#dependencies.timeline.subscribe((entry) => this.#sendAll(timelineEvent(entry)));
    this.#scheduleTick();
  }

  #scheduleTick(): void {
    this.#tick = this.#dependencies.clock.schedule(OVERVIEW_EVERY_MS, () => {
      this.#sendAll(this.#overviewEvent());
      this.#scheduleTick();
    });
  }

  #left(raw: ServerResponse): void {
    this.#open.delete(raw);
    if (this.#open.size === 0) this.#rest();
  }

  #rest(): void {
    this.#tick?.cancel();
    this.#unsubscribe?.();
    this.#overview.watch(false);
  }

  #overviewEvent(): string {
    return `event: overview\ndata: ${JSON.stringify(this.#overview.overview())}\n\n`;
  }

  /** @param lastEventId the number of the last entry that the reader has, as it says */
  #missed(lastEventId: string | string[] | undefined): string {
    if (typeof lastEventId !== 'string' || !/^\d{1,15}$/.test(lastEventId)) return '';
    const { timeline } = this.#dependencies;
    const last = Number(lastEventId);
    // A number that there was not yet is one of the process before this one.
    const sinceId = last > timeline.lastId ? 0 : last;
    return timeline.entries({ sinceId, limit: MAX_RESUMED }).map(timelineEvent).join('');
  }

  #sendAll(event: string): void {
    for (const raw of this.#open) this.#send(raw, event);
  }

  #send(raw: ServerResponse, event: string): void {
    if (raw.writableLength > MAX_BEHIND_BYTES) raw.destroy();
    else raw.write(secrets.redactStructured(event));
  }
}

function timelineEvent(entry: TimelineEntry): string {
  return `event: timeline\nid: ${entry.id}\ndata: ${JSON.stringify(entry)}\n\n`;
}

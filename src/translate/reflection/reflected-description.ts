// A description that follows the endpoints' own server reflection: asked for with the first request, when instances
// change, and from time to time; until there is a newer one the last good one stays.

import type { BackoffLimits } from '../../core/backoff.ts';
import { fullJitterBackoff } from '../../core/backoff.ts';
import type { Clock, ScheduledTask } from '../../core/clock.ts';
import { AmbassadorError, messageOf } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { SavedDescription } from '../../discovery/snapshot/snapshot-format.ts';
import { DescriptorFault } from '../description/descriptor-fault.ts';
import type { DescriptionOrigin, FollowedDescription, ServiceDescription } from '../service-description.ts';
import type { GrpcCall, Reflected } from './reflect.ts';
import { reflect } from './reflect.ts';
import type { ReflectionVersion } from './reflection-messages.ts';
import { describedByReflection, restoredDescription, savedDescription } from './saved-description.ts';

export interface ReflectedDescriptionParts {
  readonly call: GrpcCall;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Another description is in force, or it cannot be had, or can be again.
   * @param undescribed services that the endpoints list and do not describe
   */
  readonly changed: (fault: string | undefined, undescribed: readonly string[]) => void;
}

/** Instances change in bursts, in milliseconds. */
const GATHER_MS = 500;

/** Of static endpoints nothing says that they are other ones now, in milliseconds. */
const REFRESH_MS = 600_000;

const BACKOFF: BackoffLimits = { baseMs: 2_000, maxMs: 60_000 };

/** Requests do not ask more often than this after a failure, in milliseconds. */
const MIN_DELAY_MS = 1_000;

/** An endpoint that dies while it responds says nothing of the others: so often they are asked anew at once. */
const MOST_DEATHS = 2;

export class ReflectedDescription implements FollowedDescription {
  readonly #parts: ReflectedDescriptionParts;
  #current: ServiceDescription | undefined;
  #saved: SavedDescription | undefined;
  #isFromSnapshot = false;
  #version: ReflectionVersion | undefined;
  #confirmedAtWall: number | undefined;
  #fault: string | undefined;
  #failures = 0;
  /** On the monotonic clock; undefined before the first. */
  #failedAt: number | undefined;
  #running: Promise<void> | undefined;
  /** Instances changed while it ran. */
  #again = false;
  #next: { readonly at: number; readonly task: ScheduledTask } | undefined;
  #closed = false;

  constructor(parts: ReflectedDescriptionParts) {
    this.#parts = parts;
  }

  /**
   * Takes what an earlier run saved, until the endpoints have responded.
   * @throws Error when it cannot be used
   */
  restore(saved: SavedDescription): void {
    if (this.#current !== undefined) return;
    this.#current = restoredDescription(saved);
    this.#saved = saved;
    this.#isFromSnapshot = true;
    this.#confirmedAtWall = saved.confirmedAt;
  }

  get origin(): DescriptionOrigin {
    return { kind: 'reflection', version: this.#version, saved: this.#isFromSnapshot };
  }

  get current(): ServiceDescription | undefined {
    return this.#current;
  }

  get confirmedAtWall(): number | undefined {
    return this.#confirmedAtWall;
  }

  get fault(): string | undefined {
    return this.#fault;
  }

  get saved(): SavedDescription | undefined {
    return this.#saved;
  }

  async ready(timeoutMs: number): Promise<ServiceDescription> {
    if (this.#current !== undefined) return this.#current;
    const { clock } = this.#parts;
    const mayAsk = this.#failedAt === undefined || clock.now() - this.#failedAt >= MIN_DELAY_MS;
    if (!this.#closed && mayAsk) this.#ask();
    if (this.#running !== undefined) await within(this.#running, timeoutMs, clock);
    // Something else may have come by while it was waited for.
    const current: ServiceDescription | undefined = this.#current;
    if (current !== undefined) return current;
    throw new AmbassadorError(
      'description_unavailable',
      `What the service speaks is not known yet: ${this.#fault ?? 'its endpoints have not responded to server reflection'}.`,
      { retryAfterSeconds: 1 },
    );
  }

  /** Its endpoints are other ones than before. */
  instancesChanged(): void {
    if (this.#running !== undefined) this.#again = true;
    else this.#askIn(this.#current === undefined && this.#failures === 0 ? 0 : GATHER_MS);
  }

  close(): void {
    this.#closed = true;
    this.#next?.task.cancel();
    this.#next = undefined;
  }

  #askIn(delayMs: number): void {
    if (this.#closed) return;
    const { clock } = this.#parts;
    const at = clock.now() + delayMs;
    if (this.#next !== undefined && this.#next.at <= at) return;
    this.#next?.task.cancel();
    this.#next = { at, task: clock.schedule(delayMs, () => this.#ask()) };
  }

  #ask(): void {
    if (this.#running !== undefined) return;
    this.#next?.task.cancel();
    this.#next = undefined;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#again) this.#askIn(GATHER_MS);
      else this.#askIn(this.#fault === undefined ? REFRESH_MS : this.#pauseMs());
      this.#again = false;
    });
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    for (let deaths = 0; !this.#closed; deaths++) {
      try {
        const reflected = await reflect(this.#parts.call);
        await this.#succeeded(reflected);
        return;
      } catch (error) {
        if (isDeath(error) && deaths < MOST_DEATHS) continue;
        if (!this.#closed) this.#failed(faultOf(error));
        return;
      }
    }
  }

  async #succeeded(reflected: Reflected): Promise<void> {
    const now = this.#parts.clock.wallTime();
    const saved = savedDescription(reflected, now);
    const isSame =
      saved.files === this.#saved?.files && saved.services.join() === this.#saved.services.join();
    const description = isSame ? this.#current : await describedByReflection(reflected);
    if (this.#closed) return;
    this.#current = description;
    const isNews = !isSame || this.#fault !== undefined || this.#isFromSnapshot;
    this.#saved = saved;
    this.#isFromSnapshot = false;
    this.#version = reflected.version;
    this.#confirmedAtWall = now;
    this.#fault = undefined;
    this.#failures = 0;
    this.#failedAt = undefined;
    if (isNews) this.#parts.changed(undefined, reflected.undescribed);
  }

  #failed(fault: string): void {
    const isNews = this.#fault === undefined;
    this.#fault = fault;
    this.#failures++;
    this.#failedAt = this.#parts.clock.now();
    if (isNews) this.#parts.changed(fault, []);
  }

  #pauseMs(): number {
    return MIN_DELAY_MS + fullJitterBackoff(this.#failures - 1, BACKOFF, this.#parts.random);
  }
}

function isDeath(error: unknown): boolean {
  return (
    error instanceof AmbassadorError &&
    (error.reason === 'upstream_reset' || error.reason === 'connect_failure')
  );
}

/** What a descriptor fault says is said of the endpoints. */
function faultOf(error: unknown): string {
  const message = messageOf(error).replace(/\.$/, '');
  return error instanceof DescriptorFault ? `its endpoints ${message}` : message;
}

/** Resolves when it has settled, or after `timeoutMs`. */
function within(settled: Promise<void>, timeoutMs: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timeout = clock.schedule(timeoutMs, resolve);
    void settled.finally(() => {
      timeout.cancel();
      resolve();
    });
  });
}

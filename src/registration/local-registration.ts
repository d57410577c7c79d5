// The registration of the application beside us: made once its port answers, made again whenever the agent has lost it,
// taken out of use when we drain, and removed when we stop.

import { fullJitterBackoff } from '../core/backoff.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { Random } from '../core/random.ts';
import { sleep } from '../core/sleep.ts';
import type { ConsulAnswer } from '../discovery/consul/consul-client.ts';
import { namingRule } from '../discovery/consul/missing-rule.ts';
import type { DiscoveryFailure } from '../endpoint/discovery-state.ts';
import type { AgentClient, AgentScope } from './agent-registry.ts';
import { AgentRegistry } from './agent-registry.ts';
import type { Seen } from './life-signs.ts';
import { LifeSigns } from './life-signs.ts';
import { probePort } from './port-probe.ts';
import { applicationHost, instanceId, registrationOf } from './registration-body.ts';
import type { RegisterOptions } from './registration-options.ts';
import type { RegistrationPhase, RegistrationState } from './registration-state.ts';

export interface LocalRegistrationParts {
  readonly options: RegisterOptions;
  readonly client: AgentClient;
  readonly scope: AgentScope;
  readonly hostname: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** When a request last came to this ambassador, on the clock. */
  readonly lastRequestAt: () => number;
}

const BACKOFF = { baseMs: 250, maxMs: 15_000 };

/** The agent is on this machine as a rule: an attempt costs little, and others call the application once it is back. */
const UNREACHABLE_BACKOFF = { ...BACKOFF, maxMs: 2_000 };

/** How often the port is tried before the application listens, in milliseconds. */
const TRY_PORT_EVERY_MS = 100;

const PROBE_TIMEOUT_MS = 1_000;

/** The least time between two looks at the registration, in milliseconds: others may change it all the time. */
const LOOK_AT_MOST_EVERY_MS = 500;

export class LocalRegistration {
  readonly #parts: LocalRegistrationParts;
  readonly #registry: AgentRegistry;
  readonly #id: string;
  /** Ends waiting, and no command to the agent: one that was begun must be known to have ended. */
  readonly #draining = new AbortController();
  readonly #closed = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  /** A command to register may have reached the agent. */
  #mayBeRegistered = false;
  #state: RegistrationState;
  /** Why the last report to a check was refused. */
  #reportFailure: string | undefined;

  constructor(parts: LocalRegistrationParts) {
    const { options, client, scope, hostname, clock } = parts;
    this.#parts = parts;
    this.#registry = new AgentRegistry(client, scope, this.#closed.signal);
    this.#id = instanceId(options, hostname);
    this.#state = {
      service: options.name,
      id: this.#id,
      phase: 'waiting_for_port',
      since: clock.wallTime(),
      failure: undefined,
      portFault: undefined,
    };
  }

  get state(): RegistrationState {
    return { ...this.#state, failure: this.#state.failure ?? this.#reportFailure };
  }

  start(): void {
    this.#running = Promise.all([this.#hold(), ...this.#reporters()]);
  }

  /** Lets others know that it gets no more calls. Ends once the agent has answered or failed to. Never rejects. */
  drain(): Promise<unknown> {
    if (this.#draining.signal.aborted) return this.#running;
    this.#draining.abort();
    this.#running = this.#running.then(() => this.#maintain());
    return this.#running;
  }

  /**
   * Removes it. Never rejects.
   * @param withinMs how long that may take, in milliseconds
   */
  async close(withinMs: number): Promise<void> {
    const { clock, logger } = this.#parts;
    const deadline = clock.now() + withinMs;
    this.#draining.abort();
    await Promise.race([this.#running, sleep(clock, withinMs)]);
    let failure: string | undefined = 'no time was left';
    while (this.#mayBeRegistered && deadline > clock.now()) {
      const answer = await this.#registry.deregister(this.#id, deadline - clock.now());
      failure = answer.ok || answer.status === 404 ? undefined : answer.failure.detail;
      if (failure === undefined) this.#mayBeRegistered = false;
      else await sleep(clock, Math.min(BACKOFF.baseMs, Math.max(0, deadline - clock.now())));
    }
    this.#closed.abort();
    if (this.#mayBeRegistered) {
      const message = `${this.#id} could not be deregistered and stays in Consul: ${failure}`;
      logger.warn({ service: this.#state.service, id: this.#id }, message);
    } else if (this.#state.phase !== 'waiting_for_port') {
      this.#become('deregistered', undefined);
    }
  }

  /** Registers it and sees to it that it stays so, until we drain. */
  async #hold(): Promise<void> {
    const { clock, random } = this.#parts;
    const { signal } = this.#draining;
    while (!signal.aborted && (await this.#probe()) !== undefined) {
      await sleep(clock, TRY_PORT_EVERY_MS, signal);
    }
    let failures = 0;
    // In a row, without a look in between that found it.
    let losses = 0;
    let hash: string | undefined;
    let known = false;
    while (!signal.aborted) {
      const answer = known ? await this.#registry.look(this.#id, hash, signal) : await this.#register();
      if (signal.aborted) return;
      if (answer.ok) {
        failures = 0;
        // A look that is answered says that it stays; the command alone, that the agent took it.
        if (known) losses = 0;
        hash = known ? answer.header('x-consul-contenthash') : undefined;
        known = true;
        this.#become('registered', undefined);
        await sleep(clock, LOOK_AT_MOST_EVERY_MS * (1 + random()), signal);
        continue;
      }
      const isLost = known && answer.status === 404;
      hash = undefined;
      if (isLost) known = false;
      this.#become(
        'registering',
        isLost ? 'the agent does not know it any more' : this.#textOf(answer.failure),
      );
      const limits = answer.failure.kind === 'unreachable' ? UNREACHABLE_BACKOFF : BACKOFF;
      await sleep(clock, fullJitterBackoff(isLost ? losses++ : failures++, limits, random), signal);
    }
  }

  #register(): Promise<ConsulAnswer> {
    this.#mayBeRegistered = true;
    return this.#registry.register(registrationOf(this.#parts.options, this.#id, this.#state.portFault).body);
  }

  /** One for each TTL check: says three times in its time what is seen of the application. */
  #reporters(): readonly Promise<void>[] {
    const { options, clock, lastRequestAt } = this.#parts;
    const { signal } = this.#draining;
    const target = { host: applicationHost(options), port: options.port };
    return registrationOf(options, this.#id, undefined).ttlChecks.map(async ({ id, ttl }) => {
      const signs = new LifeSigns({ target, ttl, clock, lastRequestAt });
      while (!signal.aborted) {
        await sleep(clock, ttl / 3, signal);
        if (signal.aborted || this.#state.phase !== 'registered') continue;
        const seen = await signs.look();
        this.#saw(seen);
        const answer = await this.#registry.report(id, seen);
        if (!signal.aborted) this.#reported(id, answer);
      }
      signs.close();
    });
  }

  #reported(checkId: string, answer: ConsulAnswer): void {
    const failure = answer.ok ? undefined : this.#textOf(answer.failure);
    if (failure === this.#reportFailure) return;
    this.#reportFailure = failure;
    if (failure === undefined) return;
    const { logger } = this.#parts;
    logger.warn({ id: checkId }, `the state of check ${checkId} could not be reported: ${failure}`);
  }

  /** Before the application listens. */
  async #probe(): Promise<string | undefined> {
    const { options, clock } = this.#parts;
    const target = { host: applicationHost(options), port: options.port };
    const portFault = await probePort(target, PROBE_TIMEOUT_MS, clock);
    this.#state = { ...this.#state, portFault };
    return portFault;
  }

  #saw({ status, output }: Seen): void {
    const { options, logger } = this.#parts;
    const { name: service, port } = options;
    const before = this.#state.portFault;
    const portFault = status === 'passing' ? undefined : output;
    this.#state = { ...this.#state, portFault };
    if ((portFault === undefined) === (before === undefined)) return;
    if (portFault === undefined) logger.info({ service, port }, `${service}: port ${port} is served again`);
    else logger.warn({ service, port }, `${service}: port ${port} is not served: ${portFault}`);
  }

  async #maintain(): Promise<void> {
    if (!this.#mayBeRegistered) return;
    const answer = await this.#registry.maintain(this.#id, 'the ambassador beside it is stopping');
    if (answer.ok) this.#become('maintenance', undefined);
    else this.#become(this.#state.phase, this.#textOf(answer.failure));
  }

  #textOf(failure: DiscoveryFailure): string {
    return namingRule(failure, `service "${this.#parts.options.name}" { policy = "write" }`);
  }

  #become(phase: RegistrationPhase, failure: string | undefined): void {
    const before = this.#state;
    if (before.phase === phase && before.failure === failure) return;
    const { clock, logger } = this.#parts;
    const since = before.phase === phase ? before.since : clock.wallTime();
    this.#state = { ...before, phase, failure, since };
    const { service, id } = before;
    if (failure !== undefined) logger.warn({ service, id }, `${id} ${TEXTS[phase]}: ${failure}`);
    else logger.info({ service, id }, `${id} ${TEXTS[phase]}`);
  }
}

const TEXTS: Readonly<Record<RegistrationPhase, string>> = {
  waiting_for_port: 'waits for its port',
  registering: 'is being registered in Consul',
  registered: 'is registered in Consul',
  maintenance: 'is in maintenance in Consul',
  deregistered: 'is deregistered from Consul',
};

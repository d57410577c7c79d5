// What requests need on their way, given by the composition root.

import type { Clock } from '../core/clock.ts';
import type { CompleteObserver } from '../core/events.ts';
import type { Logger } from '../core/logger.ts';
import type { RequestTracer } from '../core/request-trace.ts';
import type { ServiceDirectory } from '../service/service-directory.ts';
import type { ForwardProxy } from './forward-proxy.ts';
import type { Typed } from './hints.ts';
import type { ReplayBudget } from './replay-budget.ts';
import type { Strangers } from './strangers.ts';
import type { TcpForwarder } from './tcp-forward.ts';

export interface ForwarderDependencies {
  readonly services: ServiceDirectory;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: CompleteObserver;
  readonly replayBudget: ReplayBudget;
  readonly strangers: Strangers;
  readonly forwardProxy: ForwardProxy;
  /** What carries the bytes of tunnels that are no HTTP; loaded at the first one. */
  readonly tcpForwarder: () => Promise<Pick<TcpForwarder, 'forward'>>;
  /** Whether what is still open is cut, since the process ends. */
  readonly lifecycle: { readonly cutting: boolean };
  /** Tells this process from others, for loops. */
  readonly instanceId: string;
  readonly newRequestId: () => string;
  /** The domain of Consul's DNS names, without dots at its ends. */
  readonly consulDomain: string;
  /** Undefined when requests are not traced: then what a caller says of a trace passes through. */
  readonly tracer?: RequestTracer | undefined;
  /** For the hints of problem documents. */
  readonly typed: Typed;
  /** The addresses of the service's own at which it can be called. */
  readonly addressesOf: (service: string) => readonly string[];
}

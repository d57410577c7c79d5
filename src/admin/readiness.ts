// Whether traffic can flow, and what it still waits for.

export interface ReadinessReport {
  readonly status: 'starting' | 'ready' | 'draining';
  /** What is still missing, a sentence each; empty but while starting. */
  readonly waitingFor: readonly string[];
}

/** Asked at each call of `/readyz`. */
export interface Readiness {
  state(): ReadinessReport;
}

/** What readiness is read from. */
export interface ReadinessFacts {
  readonly draining: boolean;
  /** Whether the listeners accept calls. */
  readonly listening: boolean;
  /** The services that the configuration declares, and whether each has an endpoint table, of whatever origin. */
  readonly declared: readonly { readonly name: string; readonly hasTable: boolean }[];
  /** Whether the names in the registry are known; true when nothing asks for them. */
  readonly catalogAnswered: boolean;
  /** What keeps the registry from answering; undefined when nothing is known to. */
  readonly catalogFailure?: string | undefined;
  /** Whether endpoints saved by an earlier run are in hand. */
  readonly hasSnapshot: boolean;
}

/** For those who have endpoints in the file and no Consul at all. */
const WITHOUT_CONSUL = '; with discovery.services: declared, only the services of the file are waited for';

export function readiness(facts: ReadinessFacts): ReadinessReport {
  if (facts.draining) return { status: 'draining', waitingFor: [] };
  const waitingFor = facts.declared
    .filter(({ hasTable }) => !hasTable)
    .map(({ name }) => `The endpoints of ${name} are not known yet.`);
  if (!facts.catalogAnswered && !facts.hasSnapshot) {
    const why = facts.catalogFailure === undefined ? '' : ` (${facts.catalogFailure})`;
    const without = facts.declared.some(({ hasTable }) => hasTable) ? WITHOUT_CONSUL : '';
    waitingFor.push(
      `Consul has not listed its services yet${why}, and there is no snapshot of an earlier run${without}.`,
    );
  }
  if (!facts.listening) waitingFor.push('The listeners are not open yet.');
  return { status: waitingFor.length === 0 ? 'ready' : 'starting', waitingFor };
}

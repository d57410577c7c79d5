// Changes of endpoint tables, for the timeline: the first at once, and those that follow on its heels together, so
// that many registrations a second are a few entries a minute.

import type { Clock, ScheduledTask } from '../../core/clock.ts';
import type { Provenance } from '../../endpoint/discovery-state.ts';
import type { Endpoint } from '../../endpoint/endpoint.ts';
import type { EndpointTable, EndpointTableDiff } from '../../endpoint/endpoint-table.ts';
import { namedEndpoints, tableText } from '../../service/table-text.ts';
import type { Timeline } from './timeline.ts';

/** How long changes are gathered after one that was told, in milliseconds. */
const GATHERED_MS = 5_000;

/** Of a longer list only so many endpoints are described. */
const MAX_DESCRIBED = 10;

interface Change {
  readonly table: EndpointTable;
  readonly diff: EndpointTableDiff;
  readonly provenance: Provenance;
  /** How many tables it sums up. */
  readonly versions: number;
}

interface Gathering {
  readonly task: ScheduledTask;
  sum: ChangeSum | undefined;
}

export class TableTimeline {
  readonly #timeline: Timeline;
  readonly #clock: Clock;
  /** By service. */
  readonly #gathering = new Map<string, Gathering>();

  constructor(timeline: Timeline, clock: Clock) {
    this.#timeline = timeline;
    this.#clock = clock;
  }

  published(service: string, table: EndpointTable, diff: EndpointTableDiff, provenance: Provenance): void {
    const change = { table, diff, provenance, versions: 1 };
    const gathering = this.#gathering.get(service);
    if (gathering !== undefined) {
      gathering.sum ??= new ChangeSum();
      gathering.sum.add(change);
      return;
    }
    this.#tell(service, change);
    this.#gather(service);
  }

  /** Forgets a service that is closed. */
  forget(service: string): void {
    this.#gathering.get(service)?.task.cancel();
    this.#gathering.delete(service);
  }

  #gather(service: string): void {
    const task = this.#clock.schedule(GATHERED_MS, () => {
      const change = this.#gathering.get(service)?.sum?.change;
      this.#gathering.delete(service);
      if (change === undefined) return;
      this.#tell(service, change);
      this.#gather(service);
    });
    this.#gathering.set(service, { task, sum: undefined });
  }

  #tell(service: string, { table, diff, provenance, versions }: Change): void {
    const { added, removed } = diff;
    const changed = diff.changed.map(({ after }) => after);
    const total = table.endpoints.length;
    const counts = { total, added: added.length, removed: removed.length, changed: changed.length };
    const gathered = versions > 1 ? ` These are ${versions} changes within ${GATHERED_MS / 1_000} s.` : '';
    const isWorse = removed.length > 0 || changed.some(({ health }) => health === 'critical');
    this.#timeline.record({
      service,
      kind: 'table',
      severity: total === 0 ? 'error' : isWorse ? 'warning' : 'info',
      summary: `${tableText(service, total, diff, provenance)}${gathered}`,
      detail: {
        version: table.version,
        versions,
        provenance,
        counts,
        added: namedEndpoints(added),
        removed: namedEndpoints(removed),
        changed: changed.slice(0, MAX_DESCRIBED).map(({ id, health, healthDetail }) => ({
          id,
          health,
          healthDetail: healthDetail?.slice(0, 120) ?? null,
        })),
      },
    });
  }
}

/** From before the first change to after the last; who came and left in between is not told. */
class ChangeSum {
  readonly #came = new Map<string, Endpoint>();
  readonly #left = new Map<string, Endpoint>();
  readonly #changed = new Map<string, EndpointTableDiff['changed'][number]>();
  #last: Change | undefined;

  add(change: Change): void {
    for (const endpoint of change.diff.added) this.#add(endpoint);
    for (const endpoint of change.diff.removed) this.#remove(endpoint);
    for (const { before, after } of change.diff.changed) {
      if (this.#came.has(after.id)) this.#came.set(after.id, after);
      else this.#changed.set(after.id, { before: this.#changed.get(after.id)?.before ?? before, after });
    }
    this.#last = { ...change, versions: (this.#last?.versions ?? 0) + 1 };
  }

  /** Undefined when nothing was added. */
  get change(): Change | undefined {
    if (this.#last === undefined) return undefined;
    const added = [...this.#came.values()];
    const removed = [...this.#left.values()];
    return { ...this.#last, diff: { added, removed, changed: [...this.#changed.values()] } };
  }

  #add(endpoint: Endpoint): void {
    const before = this.#left.get(endpoint.id);
    if (before === undefined) this.#came.set(endpoint.id, endpoint);
    else this.#changed.set(endpoint.id, { before, after: endpoint });
    this.#left.delete(endpoint.id);
  }

  #remove(endpoint: Endpoint): void {
    if (!this.#came.delete(endpoint.id)) {
      this.#left.set(endpoint.id, this.#changed.get(endpoint.id)?.before ?? endpoint);
    }
    this.#changed.delete(endpoint.id);
  }
}

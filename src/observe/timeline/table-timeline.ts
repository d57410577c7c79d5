// Changes of endpoint tables, for the timeline: the first at once, and those that follow on its heels together, so
// that many registrations a second are a few entries a minute.

import type { Clock, ScheduledTask } from '../../core/clock.ts';
import type { Provenance } from '../../endpoint/discovery-state.ts';
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
  change: Change | undefined;
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
      gathering.change = gathering.change === undefined ? change : summed(gathering.change, change);
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
      const change = this.#gathering.get(service)?.change;
      this.#gathering.delete(service);
      if (change === undefined) return;
      this.#tell(service, change);
      this.#gather(service);
    });
    this.#gathering.set(service, { task, change: undefined });
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

/** From before the first to after the second; who came and left in between is not told. */
function summed(first: Change, second: Change): Change {
  const came = new Map(first.diff.added.map((endpoint) => [endpoint.id, endpoint]));
  const left = new Map(first.diff.removed.map((endpoint) => [endpoint.id, endpoint]));
  const changed = new Map(first.diff.changed.map((change) => [change.after.id, change]));
  for (const endpoint of second.diff.added) {
    const before = left.get(endpoint.id);
    if (before === undefined) came.set(endpoint.id, endpoint);
    else changed.set(endpoint.id, { before, after: endpoint });
    left.delete(endpoint.id);
  }
  for (const endpoint of second.diff.removed) {
    if (!came.delete(endpoint.id)) left.set(endpoint.id, changed.get(endpoint.id)?.before ?? endpoint);
    changed.delete(endpoint.id);
  }
  for (const { before, after } of second.diff.changed) {
    if (came.has(after.id)) came.set(after.id, after);
    else changed.set(after.id, { before: changed.get(after.id)?.before ?? before, after });
  }
  return {
    table: second.table,
    diff: { added: [...came.values()], removed: [...left.values()], changed: [...changed.values()] },
    provenance: second.provenance,
    versions: first.versions + second.versions,
  };
}

// One service: how it does, its last minutes, its endpoints, what happened, and requests worth a look.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import { ejectionAges } from '../ejection-age.ts';
import { duration, grouped, words } from '../format.ts';
import type { Model, OpenService } from '../model.ts';
import type { Level } from '../service-status.ts';
import { serviceStatus } from '../service-status.ts';
import type { ServiceOverview, ServiceView } from '../wire.ts';
import { endpointsTable } from './endpoints-table.ts';
import type { Figure } from './figures.ts';
import { figures, rateFigures } from './figures.ts';
import { historyCharts } from './history-charts.ts';
import { requestsList } from './requests-list.ts';
import { mark } from './status-mark.ts';
import { timelineList } from './timeline-list.ts';

const TIMELINE_ENTRIES = 60;

export function servicePageView(model: Model, service: OpenService): TemplateResult {
  const { name, view, refusal, requests, timeline } = service;
  const overview = model.overview?.services.find((candidate) => candidate.name === name);
  const isGone = refusal !== undefined && view === undefined;
  return html`
    <div class="crumbs">
      <nav aria-label="Where you are"><a href="/">Services</a> <span aria-hidden="true">/</span> ${name}</nav>
      ${view?.circuit ? html`<button type="button" @click=${() => model.actions.operate({ kind: 'circuit' })}>Circuit …</button>` : nothing}
    </div>
    ${isGone ? refused(refusal) : headline(name, overview, ejectionAges(timeline, model.overview?.at ?? '').get(name))}
    ${
      view === undefined
        ? nothing
        : html`
          ${figures([...(overview === undefined ? [] : rateFigures(overview.rates)), ...protections(view, overview)])}
          ${historyCharts(service)}
          ${endpointsTable(model, view)}
          <div class="columns even">
            <div>
              ${requestsList({
                id: 'failed',
                title: 'Failed requests',
                samples: requests?.failed ?? [],
                none: 'No request has failed in the last 15 minutes.',
              })}
              ${requestsList({
                id: 'slowest',
                title: 'Slowest requests',
                samples: requests?.slowest ?? [],
                none: 'There has been no request in the last 15 minutes.',
              })}
            </div>
            <section class="panel" aria-labelledby="happened">
              <div class="toolbar"><h2 id="happened">What happened</h2></div>
              ${timelineList({ entries: timeline, limit: TIMELINE_ENTRIES, namesService: false })}
            </section>
          </div>
        `
    }
  `;
}

function headline(
  name: string,
  overview: ServiceOverview | undefined,
  ejectedForMs: number | undefined,
): TemplateResult {
  const { level, troubles, word } =
    overview === undefined
      ? { level: 'info' as const, troubles: [], word: 'waiting' }
      : serviceStatus(overview, ejectedForMs);
  return html`<section class="verdict ${level}" aria-labelledby="verdict">
    ${mark(level)}
    <div><h1 id="verdict">${sentence(
      name,
      word,
      troubles.map(({ phrase }) => phrase),
    )}</h1></div>
  </section>`;
}

function sentence(name: string, word: string, phrases: readonly string[]): string {
  if (phrases.length > 0) return `${name}: ${phrases.join('; ')}.`;
  if (word === 'waiting') return `${name}: its endpoints are being looked up.`;
  return word === 'idle' ? `${name} is ready; nobody calls it right now.` : `${name} answers.`;
}

function refused(refusal: string): TemplateResult {
  return html`<section class="verdict error" aria-labelledby="verdict">
    ${mark('error')}
    <div>
      <h1 id="verdict">${refusal}</h1>
      <p><a href="/">Back to all services</a></p>
    </div>
  </section>`;
}

function protections(view: ServiceView, overview: ServiceOverview | undefined): readonly Figure[] {
  const { bulkhead, table, activeRequests } = view;
  const waiting = bulkhead.queued === 0 ? '' : `, ${bulkhead.queued} waiting`;
  return [
    {
      name: 'In flight',
      value: grouped(activeRequests),
      note: `of ${grouped(bulkhead.limit)} at most${waiting}`,
    },
    circuitFigure(view),
    ...(overview === undefined ? [] : [budgetFigure(overview)]),
    {
      name: 'Endpoint table',
      value: table.provenance === null ? 'none yet' : `from ${TABLE_ORIGINS[table.provenance]}`,
      note:
        table.failure?.detail ??
        (table.ageMs === null ? undefined : `v${table.version}, confirmed ${duration(table.ageMs)} ago`),
      level: table.failure === null ? 'ok' : 'warning',
    },
  ];
}

function budgetFigure({ retryBudget: { available, ratio } }: ServiceOverview): Figure {
  return {
    name: 'Retry budget',
    value: html`${Math.floor(available)}<small> left</small>`,
    note: `${Math.round(ratio * 100)} % more calls at most`,
    level: available < 1 ? 'warning' : 'ok',
  };
}

const TABLE_ORIGINS = { registry: 'Consul', snapshot: 'a snapshot', static: 'the file' } as const;

function circuitFigure({ circuit }: ServiceView): Figure {
  if (circuit === null)
    return { name: 'Circuit breaker', value: 'off', note: 'switched off in the configuration' };
  const { state, calls, failures, opensForMs } = circuit;
  const left = opensForMs === null ? '' : `, tries again in ${duration(opensForMs)}`;
  const levels: Readonly<Record<typeof state, Level>> = {
    closed: 'ok',
    half_open: 'warning',
    open: 'error',
    isolated: 'error',
  };
  return {
    name: 'Circuit breaker',
    value: words(state),
    note: `counts ${grouped(failures)} failures in ${grouped(calls)}${left}`,
    level: levels[state],
  };
}

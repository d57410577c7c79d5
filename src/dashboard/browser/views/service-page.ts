// One service: how it does, its last minutes, its endpoints, what happened, and requests worth a look.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import { consulUi } from '../consul-ui.ts';
import { firstCall } from '../first-call.ts';
import { count, duration, grouped, remaining, size, words } from '../format.ts';
import type { Model, OpenService } from '../model.ts';
import type { Known, Level } from '../service-status.ts';
import { isRefusedOnPurpose, serviceStatus } from '../service-status.ts';
import { knownOf } from '../verdict.ts';
import type { Overview, ServiceOverview, ServiceView, TimelineEntry } from '../wire.ts';
import { chainPanel } from './chain-panel.ts';
import { endpointsTable } from './endpoints-table.ts';
import type { Figure } from './figures.ts';
import { figures, rateFigures } from './figures.ts';
import { historyCharts } from './history-charts.ts';
import { methodsList } from './methods-list.ts';
import { requestsList } from './requests-list.ts';
import { standingPanel } from './standing-panel.ts';
import { mark } from './status-mark.ts';
import { timelinePanel } from './timeline-list.ts';

export function servicePageView(model: Model, service: OpenService): TemplateResult {
  const { name, view, refusal, requests, timeline } = service;
  const overview = model.overview?.services.find((candidate) => candidate.name === name);
  const isGone = refusal !== undefined && view === undefined;
  return html`
    <div class="crumbs">
      <nav aria-label="Where you are"><a href="/">Services</a> <span aria-hidden="true">/</span> ${name}</nav>
      <span class="actions">
        ${consulLink(model, service)}
        ${
          view === undefined
            ? nothing
            : html`<button type="button" @click=${() => model.actions.operate({ kind: 'override' })}>${view.override === null ? 'Send elsewhere …' : 'Sent elsewhere …'}</button>`
        }
        ${view?.circuit ? html`<button type="button" @click=${() => model.actions.operate({ kind: 'circuit' })}>Circuit …</button>` : nothing}
      </span>
    </div>
    ${isGone ? refused(refusal, name, model.overview) : headline(name, overview, knownAbout(name, model, timeline))}
    ${
      view === undefined
        ? nothing
        : html`
          ${figures([...(overview === undefined ? [] : rateFigures(overview.rates, isRefusedOnPurpose(overview) ? 'ok' : undefined)), ...protections(view, overview)], model.actions)}
          ${model.overview === undefined ? nothing : standingPanel(model.overview, name)}
          ${historyCharts(service)}
          ${view.chain === null ? nothing : chainPanel(view.chain)}
          ${endpointsTable(model, view)}
          ${view.translation === null ? nothing : methodsList(view.translation)}
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
            ${timelinePanel(model, { entries: timeline, namesService: false })}
          </div>
        `
    }
  `;
}

/** Where Consul shows the same service; none of a service whose endpoints come from elsewhere. */
function consulLink({ overview }: Model, { name, view }: OpenService): TemplateResult | typeof nothing {
  if (overview === undefined || view === undefined || view.table.provenance !== 'registry') return nothing;
  const datacenter = view.endpoints[0]?.datacenter ?? null;
  const address = consulUi(overview.consul.address, { name, datacenter });
  return address === undefined ? nothing : html`<a href=${address} rel="noreferrer">In Consul's UI</a>`;
}

function knownAbout(name: string, { overview }: Model, timeline: readonly TimelineEntry[]): Known {
  return overview === undefined ? {} : knownOf(overview, timeline)(name);
}

function headline(name: string, overview: ServiceOverview | undefined, known: Known): TemplateResult {
  const { level, troubles, word } =
    overview === undefined
      ? { level: 'info' as const, troubles: [], word: 'waiting' }
      : serviceStatus(overview, known);
  const [worst, ...others] = troubles;
  return html`<section class="verdict ${level}" aria-labelledby="verdict">
    ${mark(level)}
    <div>
      <h1 id="verdict">${sentence(name, word, worst?.phrase)}</h1>
      ${
        others.length === 0
          ? nothing
          : html`<ul>${others.map((trouble) => html`<li>${mark(trouble.level)}<span>${begun(trouble.phrase)}.</span></li>`)}</ul>`
      }
    </div>
  </section>`;
}

/** With a capital, as a sentence begins. */
function begun(phrase: string): string {
  return phrase.charAt(0).toUpperCase() + phrase.slice(1);
}

function sentence(name: string, word: string, phrase: string | undefined): string {
  if (phrase !== undefined) return `${name}: ${phrase}.`;
  if (word === 'waiting') return `${name}: its endpoints are being looked up.`;
  return word === 'idle' ? `${name} is ready; it is not called right now.` : `${name} answers.`;
}

/** A service that can be called and was not yet is no fault; a look does not open it. */
function refused(refusal: string, name: string, overview: Overview | undefined): TemplateResult {
  const isKnown = overview?.known.includes(name) ?? false;
  const level = isKnown ? 'info' : 'error';
  return html`<section class="verdict ${level}" aria-labelledby="verdict">
    ${mark(level)}
    <div>
      <h1 id="verdict">${refusal}</h1>
      ${overview !== undefined && isKnown ? html`<pre>${firstCall(overview, name)}</pre>` : nothing}
      <p><a href="/">Back to all services</a></p>
    </div>
  </section>`;
}

function protections(view: ServiceView, overview: ServiceOverview | undefined): readonly Figure[] {
  const { bulkhead, table, activeRequests, bytes } = view;
  const waiting = bulkhead.queued === 0 ? '' : `, ${bulkhead.queued} waiting`;
  return [
    {
      name: bytes === null ? 'In flight' : 'Open connections',
      term: bytes === null ? 'inFlight' : 'openConnections',
      value: grouped(activeRequests),
      note: `of ${grouped(bulkhead.limit)} at most${waiting}`,
    },
    ...(bytes === null ? [] : [bytesFigure(bytes)]),
    circuitFigure(view),
    ...(overview === undefined || bytes !== null ? [] : [budgetFigure(overview)]),
    {
      name: 'Endpoint table',
      term: 'table',
      value: table.provenance === null ? 'none yet' : `from ${TABLE_ORIGINS[table.provenance]}`,
      note:
        table.failure?.detail ??
        (table.ageMs === null ? undefined : `v${table.version}, confirmed ${duration(table.ageMs)} ago`),
      level: table.failure === null ? 'ok' : 'warning',
    },
  ];
}

function bytesFigure({ received, sent }: NonNullable<ServiceView['bytes']>): Figure {
  return {
    name: 'Carried over TCP',
    term: 'bytes',
    value: html`${size(sent)}<small> to clients</small>`,
    note: `${size(received)} from clients, since the start`,
  };
}

function budgetFigure({ retryBudget: { available, ratio } }: ServiceOverview): Figure {
  return {
    name: 'Retry budget',
    term: 'retryBudget',
    value: html`${Math.floor(available)}<small> left</small>`,
    note: `${Math.round(ratio * 100)} % more calls at most`,
    level: available < 1 ? 'warning' : 'ok',
  };
}

const TABLE_ORIGINS = { registry: 'Consul', dns: 'DNS', snapshot: 'a snapshot', static: 'the file' } as const;

function circuitFigure({ circuit }: ServiceView): Figure {
  if (circuit === null)
    return {
      name: 'Circuit breaker',
      term: 'circuit',
      value: 'off',
      note: 'switched off in the configuration',
    };
  const { state } = circuit;
  const levels: Readonly<Record<typeof state, Level>> = {
    closed: 'ok',
    half_open: 'warning',
    open: 'error',
    isolated: 'info',
  };
  return {
    name: 'Circuit breaker',
    term: 'circuit',
    value: words(state),
    note: circuitNote(circuit),
    level: levels[state],
  };
}

/** Nothing is counted while no call goes through. */
function circuitNote({ state, calls, failures, opensForMs }: NonNullable<ServiceView['circuit']>): string {
  if (state === 'isolated') return 'until an operator closes it';
  if (state !== 'open' || opensForMs === null)
    return `${count(failures, 'failure')} in ${count(calls, 'request')}`;
  return opensForMs === 0 ? 'tries the next call' : `tries again in ${remaining(opensForMs)}`;
}

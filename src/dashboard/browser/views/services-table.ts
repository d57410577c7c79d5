// Every open service in a row: those with trouble first.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import { milliseconds, percent, perSecond, words } from '../format.ts';
import type { Model } from '../model.ts';
import { servicePage } from '../route.ts';
import type { ServiceStatus } from '../service-status.ts';
import { isRefusedOnPurpose, rankOf, serviceStatus } from '../service-status.ts';
import { knownOf } from '../verdict.ts';
import type { ServiceOverview } from '../wire.ts';
import { endpointSplit } from './endpoint-split.ts';
import { errorLevel } from './figures.ts';
import { filterField } from './filter-field.ts';
import { status } from './status-mark.ts';
import { defined } from './term.ts';

interface Row {
  readonly service: ServiceOverview;
  readonly status: ServiceStatus;
}

export function servicesTable(model: Model, services: readonly ServiceOverview[]): TemplateResult {
  const rows = sortedRows(services, model);
  return html`<section class="panel" aria-labelledby="services">
    <div class="toolbar">
      <h2 id="services">Services <span class="quiet">${services.length}</span></h2>
      ${filterField(model, 'Filter by name or state')}
    </div>
    ${
      rows.length === 0
        ? html`<p class="empty">No service matches “${model.filter}”. <kbd>Esc</kbd> takes the filter away.</p>`
        : html`<table class="services">
          <thead>
            <tr>
              <th>State</th>
              <th>Service</th>
              <th>Endpoints in use</th>
              <th colspan="2">${defined('Requests', 'requests', model.actions)}</th>
              <th class="number">${defined('Failed', 'failed', model.actions)}</th>
              <th class="number">${defined('p50', 'latency', model.actions)}</th>
              <th class="number">${defined('p99', 'latency', model.actions)}</th>
              <th class="number">${defined('In flight', 'inFlight', model.actions)}</th>
              <th>${defined('Circuit', 'circuit', model.actions)}</th>
              <th class="number">${defined('Retries left', 'retryBudget', model.actions)}</th>
            </tr>
          </thead>
          <tbody>
            ${repeat(
              rows,
              ({ service }) => service.name,
              (row) => tableRow(row, model),
            )}
          </tbody>
        </table>`
    }
  </section>`;
}

function sortedRows(
  services: readonly ServiceOverview[],
  { filter, overview, timeline }: Model,
): readonly Row[] {
  const known = overview === undefined ? () => ({}) : knownOf(overview, timeline);
  const wanted = filter.trim().toLowerCase();
  return services
    .map((service) => ({ service, status: serviceStatus(service, known(service.name)) }))
    .filter(
      ({ service, status }) => service.name.toLowerCase().includes(wanted) || status.word.includes(wanted),
    )
    .sort(
      (a, b) =>
        rankOf(b.status.level) - rankOf(a.status.level) ||
        a.service.name.localeCompare(b.service.name, undefined, { numeric: true }),
    );
}

function tableRow({ service, status: { level, word, troubles } }: Row, { series }: Model): TemplateResult {
  const { name, protocol, rates, circuit, retryBudget, bulkhead, activeRequests } = service;
  const failing = isRefusedOnPurpose(service) ? 'ok' : errorLevel(rates.errorRatio);
  return html`<tr class=${level} title=${troubles.map(({ phrase }) => phrase).join('; ') || nothing}>
    <td class="state">${status(level, word)}</td>
    <th scope="row" class="name"><a data-row href=${servicePage(name)}>${name}</a>${protocol === 'tcp' ? html`<small> TCP</small>` : nothing}</th>
    <td class="endpoints" data-label="Endpoints">${endpointSplit(service)}</td>
    <td class="spark"><spark-line .values=${series.of(name)} @shown=${() => series.want(name)}></spark-line></td>
    <td class="number rate" data-label="Requests">${perSecond(rates.perSecond)}<small> /s</small></td>
    <td class="number ${failing}" data-label="Failed">${percent(rates.errorRatio)}</td>
    <td class="number p50" data-label="p50">${milliseconds(rates.p50Ms)}</td>
    <td class="number p99" data-label="p99">${milliseconds(rates.p99Ms)}</td>
    <td class="number in-flight" data-label="In flight">
      ${activeRequests}${bulkhead.queued > 0 ? html`<small> +${bulkhead.queued} waiting</small>` : nothing}
    </td>
    <td class="circuit ${circuitLevel(circuit?.state)}" data-label="Circuit">${circuit === null ? 'off' : words(circuit.state)}</td>
    <td class="number retries" data-label="Retries left">${protocol === 'tcp' ? '–' : Math.floor(retryBudget.available)}</td>
  </tr>`;
}

function circuitLevel(state: string | undefined): string {
  if (state === undefined || state === 'closed') return 'quiet';
  if (state === 'isolated') return 'info';
  return state === 'half_open' ? 'warning' : 'error';
}

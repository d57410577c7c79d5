// The endpoints of a service, with both opinions of each and the sentence that puts them together. Of hundreds only
// the first are drawn.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import type { Opinion } from '../endpoint-opinions.ts';
import { connectionsOpinion, consulOpinion, endpointLevel } from '../endpoint-opinions.ts';
import { milliseconds, words } from '../format.ts';
import type { Model } from '../model.ts';
import { instanceName } from '../request-text.ts';
import { rankOf } from '../service-status.ts';
import type { EndpointView, ServiceView } from '../wire.ts';
import { filterField } from './filter-field.ts';
import { status } from './status-mark.ts';
import { defined } from './term.ts';

type Provenance = ServiceView['table']['provenance'];

/** Rows that are drawn until all are asked for. */
const FIRST_ROWS = 50;

export function endpointsTable(
  model: Model,
  { endpoints, table: { provenance } }: ServiceView,
): TemplateResult {
  const matching = sorted(endpoints.filter((endpoint) => matches(endpoint, model.filter)));
  const shown = model.showsAll ? matching : matching.slice(0, FIRST_ROWS);
  const hidden = matching.length - shown.length;
  return html`<section class="panel" aria-labelledby="endpoints">
    <div class="toolbar">
      <h2 id="endpoints">Endpoints <span class="quiet">${endpoints.length}</span></h2>
      ${stateButtons(model, endpoints)}
      ${filterField(model, 'Filter by address, name or state')}
    </div>
    ${
      shown.length === 0
        ? html`<p class="empty">${endpoints.length === 0 ? 'There is no endpoint: no instance is registered.' : `No endpoint matches “${model.filter}”.`}</p>`
        : html`<table class="endpoints">
          <thead>
            <tr>
              <th>State</th>
              <th>Endpoint</th>
              <th>${defined('Consul says', 'provenance', model.actions)}</th>
              <th>${defined('Connections say', 'connections', model.actions)}</th>
              <th>Why</th>
              <th class="number">${defined('In flight', 'inFlight', model.actions)}</th>
              <th class="number">${defined('Latency', 'median', model.actions)}</th>
              <th><span class="hidden">What can be done</span></th>
            </tr>
          </thead>
          <tbody>
            ${repeat(
              shown,
              ({ id, target, state }) =>
                `${target ?? ''} ${id}${state === 'deregistered' ? ' deregistered' : ''}`,
              (endpoint) => tableRow(endpoint, provenance, model),
            )}
          </tbody>
        </table>`
    }
    ${
      hidden > 0
        ? html`<p class="more"><button type="button" @click=${model.actions.showAll}>Show the other ${hidden}</button></p>`
        : nothing
    }
  </section>`;
}

function tableRow(endpoint: EndpointView, provenance: Provenance, { actions }: Model): TemplateResult {
  const { id, authority, secure, discoveredAt, state, reason, inFlight, latencyMs, target, tier } = endpoint;
  const level = endpointLevel(endpoint);
  const open = (): void => actions.operate({ kind: 'endpoint', id });
  return html`<tr class=${level}>
    <td class="state">${status(level, words(state))}</td>
    <th scope="row" class="name">
      <button data-row type="button" class="link" title="What is known of it, and what can be done" @click=${open}>${instanceName(id)}</button>
      ${instanceName(id) === authority ? nothing : html`<span class="address">${authority}</span>`}
      ${secure ? html`<span class="address">over TLS</span>` : nothing}
      ${discoveredAt === null ? nothing : html`<span class="address">registered at ${discoveredAt}</span>`}
      ${target === null ? nothing : html`<span class="address">${tierText(tier, target)}</span>`}
    </th>
    <td class="registry" data-label="Consul says">${opinion(consulOpinion(endpoint, provenance))}</td>
    <td data-label="Connections say">${opinion(connectionsOpinion(endpoint))}</td>
    <td class="why">${reason}</td>
    <td class="number" data-label="In flight">${inFlight}</td>
    <td class="number" data-label="Latency">${milliseconds(latencyMs)}</td>
    <td class="act">${
      state === 'deregistered'
        ? nothing
        : html`<button type="button" @click=${open}>Act … <span class="hidden">on ${instanceName(id)}</span></button>`
    }</td>
  </tr>`;
}

function opinion({ level, text, detail }: Opinion): TemplateResult {
  return html`<span class="opinion ${level}">${text}</span>
    ${detail === undefined ? nothing : html`<span class="detail">${detail}</span>`}`;
}

/** The state's words narrow the table down as typing them would. */
function stateButtons(
  { filter, actions }: Model,
  endpoints: readonly EndpointView[],
): TemplateResult | typeof nothing {
  const counts = Map.groupBy(endpoints, ({ state }) => words(state));
  if (counts.size < 2) return nothing;
  return html`<div class="chips" role="group" aria-label="States">
    ${[...counts].map(
      ([word, { length }]) => html`<button
        type="button"
        aria-pressed=${filter === word}
        @click=${() => actions.filter(filter === word ? '' : word)}
      >
        ${word} <span class="quiet">${length}</span>
      </button>`,
    )}
  </div>`;
}

function tierText(tier: number | null, target: string): string {
  return tier === null ? `${target}, gets no requests` : `${target}, tier ${tier + 1}`;
}

function matches({ id, authority, state, health, target }: EndpointView, filter: string): boolean {
  const wanted = filter.trim().toLowerCase();
  return [id, authority, words(state), health, target ?? ''].some((text) =>
    text.toLowerCase().includes(wanted),
  );
}

function sorted(endpoints: readonly EndpointView[]): readonly EndpointView[] {
  return endpoints.toSorted(
    (a, b) =>
      rankOf(endpointLevel(b)) - rankOf(endpointLevel(a)) ||
      a.id.localeCompare(b.id, undefined, { numeric: true }),
  );
}

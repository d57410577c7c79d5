// What operators did that still holds: by whom, why, and until when.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import { duration, timeOfDay } from '../format.ts';
import { instanceName } from '../request-text.ts';
import { servicePage } from '../route.ts';
import type { Overview } from '../wire.ts';

type Action = Overview['standing'][number];

const DONE: Readonly<Record<Action['operation'], string>> = {
  eject: 'ejected',
  drain: 'drained',
  isolate: 'isolated',
  use: 'requests go to',
  'log-level': 'log level',
};

/** @param service those of this service alone */
export function standingPanel({ standing, at }: Overview, service?: string): TemplateResult | typeof nothing {
  const shown = standing.filter((action) => service === undefined || action.service === service);
  if (shown.length === 0) return nothing;
  return html`<section class="panel" aria-labelledby="standing">
    <div class="toolbar"><h2 id="standing">In force by operators <span class="quiet">${shown.length}</span></h2></div>
    <ul class="standing">${shown.map((action) => item(action, Date.parse(at)))}</ul>
  </section>`;
}

function item(
  { service, endpoint, operation, value, who, why, since, until }: Action,
  now: number,
): TemplateResult {
  const age = duration(Math.max(0, now - Date.parse(since)));
  const end = until === null ? 'until an operator ends it' : `until ${timeOfDay(until)}`;
  return html`<li>
    <b>${DONE[operation]}${value === null ? '' : ` ${value}`}</b>
    ${endpoint === null ? nothing : html`<span>${instanceName(endpoint)}</span>`}
    ${service === null ? nothing : html`<a href=${servicePage(service)}>${service}</a>`}
    <span>by ${who ?? 'an operator who gave no name'}: ${why ?? 'no reason given'}</span>
    <span class="quiet">for ${age}, ${end}</span>
  </li>`;
}

// The endpoint or the circuit that an operator picked: what is known of it, and what can be done.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import { timeOfDay, words } from '../format.ts';
import type { Actions, Model } from '../model.ts';
import type { Operation, Target } from '../operator.ts';
import { DURATIONS, isTimedOperation, operationsFor, remembered, USE } from '../operator.ts';
import type { EndpointView, Overview, ServiceView } from '../wire.ts';

export function operateDialog(model: Model): TemplateResult {
  const view = model.service?.view;
  const isShown = model.target !== undefined && view !== undefined;
  return html`<dialog id="operate" aria-labelledby="operate-title" @close=${model.actions.stopOperating}>
    ${isShown ? content(model, view) : nothing}
  </dialog>`;
}

function content(
  { target, overview, operatorError, actions }: Model,
  view: ServiceView,
): TemplateResult | typeof nothing {
  if (target === undefined) return nothing;
  const endpoint = target.kind === 'endpoint' ? view.endpoints.find(({ id }) => id === target.id) : undefined;
  const operations = operationsFor(target, endpoint, view);
  const title = titleOf(target, view);
  return html`
    <h2 id="operate-title">${title}</h2>
    ${endpoint === undefined ? nothing : facts(endpoint)}
    ${target.kind === 'override' && view.override !== null ? overrideFacts(view.override) : nothing}
    ${overview?.operators === 'none' ? noToken(actions) : form(operations, overview?.operators, operatorError, actions)}
  `;
}

function titleOf(target: Target, { name }: ServiceView): string {
  if (target.kind === 'endpoint') return target.id;
  return target.kind === 'circuit' ? `The circuit of ${name}` : `Requests of ${name} elsewhere`;
}

/** What the admin API would say to any attempt. */
function noToken({ closeDialogs }: Actions): TemplateResult {
  return html`
    <p class="quiet">
      Nothing can be changed from here: this ambassador has no admin token, and refuses every change. Set
      <code>admin.token</code> or <code>admin.tokenFile</code> and reload the configuration.
    </p>
    <div class="buttons"><button type="button" @click=${closeDialogs}>Close</button></div>
  `;
}

function form(
  operations: readonly Operation[],
  operators: Overview['operators'] | undefined,
  operatorError: string | undefined,
  actions: Actions,
): TemplateResult {
  return html`<form class="operate" @submit=${(event: SubmitEvent) => submit(event, actions.submitOperation)}>
    <fieldset>
      <legend class="hidden">What to do</legend>
      ${operations.map(
        ({ name, label, effect }, index) => html`<label class="choice">
          <input type="radio" name="operation" value=${name} ?checked=${index === 0} required />
          <span><b>${label}</b> <span class="quiet">${effect}</span></span>
        </label>`,
      )}
    </fieldset>
    ${
      operations.some(({ isTimed }) => isTimed)
        ? html`<label class="timed">For
          <select name="duration">${DURATIONS.map(([label, seconds]) => html`<option value=${seconds ?? ''}>${label}</option>`)}</select>
        </label>`
        : nothing
    }
    ${operations.includes(USE) ? placeFields(operations.length === 1) : nothing}
    <label>Who <input name="who" autocomplete="off" maxlength="200" .value=${remembered('who')} /></label>
    <label>Why <input name="why" autocomplete="off" maxlength="200" /></label>
    ${
      operators === 'socket'
        ? nothing
        : html`<label>
          Admin token
          <input name="token" type="password" autocomplete="off" required .value=${remembered('token')} />
        </label>`
    }
    <p class="quiet">The token stays in this tab. Who and why go into the log and the timeline, and stand beside what was done.</p>
    <p role="alert" class="refusal">${operatorError ?? nothing}</p>
    <div class="buttons">
      <button type="button" @click=${actions.closeDialogs}>Leave it</button>
      <button class="strong">Do it</button>
    </div>
  </form>`;
}

/** @param isRequired whether nothing else can be chosen */
function placeFields(isRequired: boolean): TemplateResult {
  return html`
    <label>Address <input name="address" autocomplete="off" placeholder="localhost:4000" ?required=${isRequired} /></label>
    <label>Header <input name="header" autocomplete="off" placeholder="x-dev:me, or none for all requests" /></label>
  `;
}

function overrideFacts({
  address,
  header,
  who,
  why,
  until,
}: NonNullable<ServiceView['override']>): TemplateResult {
  const which = header === null ? 'All requests' : `Requests with ${header}`;
  const end = until === null ? 'until an operator ends it' : `until ${timeOfDay(until)}`;
  return html`<p>${which} go to <b>${address}</b>, ${end}; by ${who ?? 'an operator who gave no name'}: ${why ?? 'no reason given'}.</p>`;
}

function facts(endpoint: EndpointView): TemplateResult {
  const { state, reason, node, datacenter, weight, tags, meta, authority } = endpoint;
  const list: readonly (readonly [string, string])[] = [
    ['Address', authority],
    ['Node', datacenter === null ? node : `${node} (${datacenter})`],
    ['Weight', String(weight)],
    ...(tags.length === 0 ? [] : [['Tags', tags.join(', ')] as const]),
    ...Object.entries(meta).map(([key, value]) => [key, value] as const),
  ];
  return html`
    <p><b>${words(state)}</b>: ${reason}</p>
    <dl>${list.map(([name, value]) => html`<div><dt class="quiet">${name}</dt><dd>${value}</dd></div>`)}</dl>
  `;
}

function submit(event: SubmitEvent, act: Model['actions']['submitOperation']): void {
  event.preventDefault();
  if (!(event.currentTarget instanceof HTMLFormElement)) return;
  const data = new FormData(event.currentTarget);
  const text = (name: string): string => String(data.get(name) ?? '').trim();
  const operation = text('operation');
  const duration = text('duration');
  const isTimed = isTimedOperation(operation) && duration !== '';
  act({
    operation,
    durationSeconds: isTimed ? Number(duration) : undefined,
    address: text('address'),
    header: text('header'),
    who: text('who'),
    why: text('why'),
    token: text('token'),
  });
}

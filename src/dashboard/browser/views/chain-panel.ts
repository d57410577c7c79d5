// Where the requests of a service go: its routes, how each is split, and what takes over.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import { duration, percent } from '../format.ts';
import type { ServiceView } from '../wire.ts';

type Chain = NonNullable<ServiceView['chain']>;
type Split = Chain['routes'][number]['splits'][number];
type Tier = Split['tiers'][number];

const ORIGINS = { consul: "Consul's entries", configuration: 'the configuration' } as const;

/** Older than this is worth a word, in milliseconds: a question waits for a change for a minute. */
const OLD_MS = 90_000;

export function chainPanel({ from, protocol, routes, notDone }: Chain): TemplateResult {
  return html`<section class="panel" aria-labelledby="chain">
    <div class="toolbar">
      <h2 id="chain">Where requests go</h2>
      <span class="quiet">by ${ORIGINS[from]}${protocol === null ? '' : `, ${protocol}`}</span>
    </div>
    <ol class="chain">
      ${routes.map(
        ({ match, splits }) => html`<li>
          <span class="match">${match ?? (routes.length === 1 ? 'all requests' : 'all others')}</span>
          <ul>${splits.map((split) => splitItem(split, splits.length > 1))}</ul>
        </li>`,
      )}
    </ol>
    ${
      notDone.length === 0
        ? nothing
        : html`<div class="empty">
            <p>Asked for, and not done:</p>
            <ul>${notDone.map((sentence) => html`<li>${sentence}</li>`)}</ul>
          </div>`
    }
  </section>`;
}

function splitItem({ share, tiers }: Split, isOneOfMany: boolean): TemplateResult {
  return html`<li>
    ${isOneOfMany ? html`<b>${percent(share)}</b>` : nothing}
    ${tiers.map((tier, index) => tierText(tier, index, tiers.length > 1))}
  </li>`;
}

function tierText(tier: Tier, index: number, isOneOfMany: boolean): TemplateResult {
  const { target, share, ageMs, failure } = tier;
  const notes = [
    usableText(tier),
    ...(isOneOfMany && share > 0 ? [`gets ${percent(share)}`] : []),
    ...(ageMs === null || ageMs < OLD_MS ? [] : [`known ${duration(ageMs)} ago`]),
    ...(failure === null ? [] : [failure.detail]),
  ];
  const isDown = tier.usable === 0 || failure !== null;
  return html`<span class="tier">
    ${index === 0 ? nothing : html`<span class="quiet">then</span>`}
    <span class="target">${target}</span>
    <span class=${isDown ? 'opinion warning' : 'quiet'}>${notes.join(', ')}</span>
  </span>`;
}

function usableText({ endpoints, usable, ageMs, panic }: Tier): string {
  if (ageMs === null) return 'being looked up';
  if (endpoints === 0) return 'no endpoint';
  if (panic !== 'none') return `none of ${endpoints} usable`;
  return usable === endpoints ? `${endpoints} usable` : `${usable} of ${endpoints} usable`;
}

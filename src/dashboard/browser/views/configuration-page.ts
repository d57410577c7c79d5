// The configuration in force, value by value, and where each comes from: what was set first.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import { timeOfDay } from '../format.ts';
import type { Model } from '../model.ts';
import type { Configuration } from '../wire.ts';
import { filterField } from './filter-field.ts';
import { refusedConfiguration } from './refused-configuration.ts';
import { mark } from './status-mark.ts';

type Setting = Configuration['settings'][number];

/** Rows that are drawn until all are asked for. */
const FIRST_ROWS = 80;

export function configurationPage(model: Model): TemplateResult {
  const { configuration } = model;
  return html`
    <div class="crumbs"><nav aria-label="Where you are"><a href="/">Services</a> <span aria-hidden="true">/</span> Configuration</nav></div>
    ${configuration === undefined ? html`<h1 class="hidden">Configuration</h1><p class="empty">Asking the ambassador …</p>` : content(model, configuration)}
  `;
}

function content(model: Model, configuration: Configuration): TemplateResult {
  const { file, loadedAt, refused, waitingForRestart } = configuration;
  const level = refused === null && waitingForRestart.length === 0 ? 'ok' : 'warning';
  const from = file === null ? 'Defaults and the environment are' : `${file} is`;
  const since = timeOfDay(loadedAt);
  const headline =
    refused === null
      ? `${from} in force since ${since}.`
      : `The configuration was refused as it is now; the one of ${since} stays in force.`;
  const waiting =
    waitingForRestart.length === 0 ? '' : ` A restart is needed for ${waitingForRestart.join(', ')}.`;
  return html`<section class="verdict ${level}" aria-labelledby="verdict">
      ${mark(level)}
      <div><h1 id="verdict">${headline}${waiting}</h1></div>
    </section>
    ${refused === null ? nothing : refusedConfiguration(refused, { open: true })} ${table(model, configuration)}`;
}

function table(model: Model, { file, settings }: Configuration): TemplateResult {
  const matching = sorted(settings.filter((setting) => matches(setting, model.filter, file)));
  const shown = model.showsAll ? matching : matching.slice(0, FIRST_ROWS);
  const hidden = matching.length - shown.length;
  const set = settings.filter(({ origin }) => origin !== null).length;
  return html`<section class="panel" aria-labelledby="settings">
    <div class="toolbar">
      <h2 id="settings">Settings <span class="quiet">${set} set, ${settings.length - set} by default</span></h2>
      ${filterField(model, 'Filter by key, value or origin')}
    </div>
    ${
      shown.length === 0
        ? html`<p class="empty">No setting matches “${model.filter}”. <kbd>Esc</kbd> takes the filter away.</p>`
        : html`<table class="settings">
          <thead><tr><th>Key</th><th>Value</th><th>From</th></tr></thead>
          <tbody>${shown.map((setting) => row(setting, file))}</tbody>
        </table>`
    }
    ${
      hidden > 0
        ? html`<p class="more"><button type="button" @click=${model.actions.showAll}>Show the other ${hidden}</button></p>`
        : nothing
    }
  </section>`;
}

function row(setting: Setting, file: string | null): TemplateResult {
  return html`<tr class=${setting.origin === null ? 'default' : ''}>
    <th scope="row"><code>${setting.key}</code></th>
    <td><code>${valueText(setting)}</code></td>
    <td>${originText(setting, file)}</td>
  </tr>`;
}

function valueText({ value }: Setting): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Such as `ambassador.yaml, line 12, with ${REGION}`. */
function originText({ origin }: Setting, file: string | null): string {
  if (origin === null) return 'default';
  if (origin.from === 'environment') return `environment: ${origin.variable}`;
  if (origin.from === 'kv') return `Consul KV, line ${origin.line}`;
  const name = file === null ? 'file' : file.slice(file.lastIndexOf('/') + 1);
  const variables = origin.variables.map((variable) => `\${${variable}}`).join(', ');
  return `${name}, line ${origin.line}${variables === '' ? '' : `, with ${variables}`}`;
}

function matches(setting: Setting, filter: string, file: string | null): boolean {
  const wanted = filter.trim().toLowerCase();
  const texts = [setting.key, valueText(setting), originText(setting, file)];
  return texts.some((text) => text.toLowerCase().includes(wanted));
}

function sorted(settings: readonly Setting[]): readonly Setting[] {
  const rank = ({ origin }: Setting): number => Number(origin === null);
  return settings.toSorted((a, b) => rank(a) - rank(b));
}

// What stands around every page: whose it is, whether it is live, and where one is.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import { duration, timeOfDay } from '../format.ts';
import type { Model } from '../model.ts';
import { footer } from './footer.ts';

export function frame(model: Model, content: TemplateResult): TemplateResult {
  const { overview, silentForMs, actions } = model;
  const isLost = silentForMs !== undefined;
  return html`
    <a class="skip" href="#content">To the content</a>
    <header class="bar">
      <a class="brand" href="/"><img src="/dashboard/icon.svg" alt="" width="20" height="20" />consul-ambassador</a>
      ${overview === undefined ? nothing : html`<span class="version">${overview.version}</span><span class="host" title="The host that it runs on">${overview.host}</span>`}
      <span class="spring"></span>
      <span class="live ${isLost ? 'lost' : ''}">${liveText(model)}</span>
      <button class="plain" type="button" @click=${actions.help} aria-label="Help: keys and words" title="Keys and words (?)">?</button>
    </header>
    <div role="status" class="notice-place">
      ${isLost ? lostNotice(silentForMs, overview?.at) : nothing}
    </div>
    <main id="content" tabindex="-1" class=${isLost ? 'stale' : ''}>${content}</main>
    ${footer(overview)}
  `;
}

function liveText({ overview, silentForMs }: Model): string {
  if (silentForMs !== undefined) return 'Not live';
  return overview === undefined ? 'Connecting' : 'Live';
}

function lostNotice(silentForMs: number, at: string | undefined): TemplateResult {
  const from = at === undefined ? '' : ` What you see is from ${timeOfDay(at)}.`;
  return html`<p class="notice warning">
    Connection lost ${duration(silentForMs)} ago.${from} The ambassador may have stopped; trying again every second.
  </p>`;
}

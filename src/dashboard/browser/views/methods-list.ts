// The methods of a service whose requests are translated, and where they are known from.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import { words } from '../format.ts';
import type { ServiceView } from '../wire.ts';

type Translation = NonNullable<ServiceView['translation']>;
type Method = NonNullable<Translation['methods']>[number];

/** The command line lists the rest. */
const MOST = 50;

export function methodsList({ clients, description, methods, ruleFaults }: Translation): TemplateResult {
  const shown = (methods ?? []).slice(0, MOST);
  const hidden = (methods?.length ?? 0) - shown.length;
  return html`<section class="panel" aria-labelledby="methods">
    <div class="toolbar">
      <h2 id="methods">Methods ${methods === null ? nothing : html`<span class="quiet">${methods.length}</span>`}</h2>
      <span class="quiet">for clients of ${clients.join(', ')}${description === null ? nothing : html`; ${sourceText(description)}`}</span>
    </div>
    ${description?.fault ? html`<p class="empty">${description.fault}.</p>` : nothing}
    ${ruleFaults.map((fault) => html`<p class="empty">Left out: ${fault}.</p>`)}
    ${
      shown.length === 0
        ? html`<p class="empty">${description === null ? 'They need not be known.' : 'They are not known yet.'}</p>`
        : html`<ul class="requests methods scrolls" tabindex="0" aria-labelledby="methods">${shown.map(methodItem)}</ul>`
    }
    ${hidden > 0 ? html`<p class="empty">And ${hidden} more: ambassador methods lists them all.</p>` : nothing}
  </section>`;
}

function methodItem({ name, kind, input, output, deprecated, routes }: Method): TemplateResult {
  return html`<li>
    <details>
      <summary>
        <span class="target">${name}</span>
        <span class="took">${words(kind)}${deprecated ? ', deprecated' : ''}</span>
        <span class="outcome">${routes.map(({ method, path }) => `${method} ${path}`).join(', ')}</span>
      </summary>
      <div class="request"><p>takes <code>${input}</code>, returns <code>${output}</code></p></div>
    </details>
  </li>`;
}

function sourceText({ from, path, version, saved }: NonNullable<Translation['description']>): string {
  if (from === 'file') return `by ${path}`;
  return `by server reflection${version === null ? '' : ` (${version})`}${saved ? ', of an earlier run' : ''}`;
}

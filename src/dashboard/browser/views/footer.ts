// Where to read on, and in which time zone the page speaks.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import { consulUi } from '../consul-ui.ts';
import { timeZone } from '../format.ts';
import type { Overview } from '../wire.ts';

export function footer(overview: Overview | undefined): TemplateResult {
  const ui = overview === undefined ? undefined : consulUi(overview.consul.address);
  return html`<footer>
    <nav aria-label="Elsewhere">
      <a href="/config">Configuration</a>
      ${ui === undefined ? nothing : html`<a href=${ui} rel="noreferrer">Consul's UI</a>`}
      <a href="/metrics">Metrics</a>
      <a href="/api/openapi.json">API</a>
      <a href="/docs/">Docs</a>
    </nav>
    <p>
      ${overview === undefined ? nothing : `Version ${overview.version} on ${overview.host}. `}Times are ${timeZone()}.
    </p>
  </footer>`;
}

// The registration of the application beside the ambassador, by which others find it in Consul.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import { duration, words } from '../format.ts';
import { registrationFault, registrationLevel } from '../registration.ts';
import type { Overview } from '../wire.ts';
import { status } from './status-mark.ts';

export function registrationPanel({ registration, at }: Overview): TemplateResult | typeof nothing {
  if (registration === null) return nothing;
  const { service, id, state, since } = registration;
  const fault = registrationFault(registration);
  return html`<section class="panel" aria-labelledby="registration">
    <div class="toolbar"><h2 id="registration">Registration of ${service}</h2></div>
    <ul class="standing">
      <li>
        ${status(registrationLevel(registration), words(state))}
        <span>${id}</span>
        ${fault === undefined ? nothing : html`<span>${fault}</span>`}
        <span class="quiet">for ${duration(Math.max(0, Date.parse(at) - Date.parse(since)))}</span>
      </li>
    </ul>
  </section>`;
}

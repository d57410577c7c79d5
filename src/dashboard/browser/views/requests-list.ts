// Requests worth a look: each says in a line what became of it, and holds its attempts.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import { milliseconds, timeOfDay, words } from '../format.ts';
import { attemptText, endpointName, isConnection, outcomeText } from '../request-text.ts';
import type { RequestSample } from '../wire.ts';

export interface RequestsListOptions {
  readonly id: string;
  readonly title: string;
  readonly samples: readonly RequestSample[];
  /** What to say when there is none. */
  readonly none: string;
}

export function requestsList({ id, title, samples, none }: RequestsListOptions): TemplateResult {
  return html`<section class="panel" aria-labelledby=${id}>
    <div class="toolbar"><h2 id=${id}>${title} ${samples.length === 0 ? nothing : html`<span class="quiet">${samples.length}</span>`}</h2></div>
    ${
      samples.length === 0
        ? html`<p class="empty">${none}</p>`
        : html`<ul class="requests scrolls" tabindex="0" aria-labelledby=${id}>
          ${repeat(samples, ({ requestId }) => requestId, requestItem)}
        </ul>`
    }
  </section>`;
}

function requestItem(sample: RequestSample): TemplateResult {
  const { at, method, target, reason, detail, durationMs, attempts, flags, requestId, traceId } = sample;
  const overTcp = isConnection(sample);
  const failed = sample.failed || sample.status >= 500 || (sample.status === 0 && reason !== null);
  return html`<li>
    <details>
      <summary>
        <time datetime=${at}>${timeOfDay(at)}</time>
        <span class="code ${failed ? 'error' : ''}">${overTcp ? 'TCP' : statusText(sample)}</span>
        <span class="target">${overTcp ? 'connection' : `${method} ${target}`}</span>
        <span class="took">${milliseconds(durationMs)}</span>
        <span class="outcome">${outcomeText(sample)}</span>
      </summary>
      <div class="request">
        ${reason === null ? nothing : html`<p>${overTcp ? 'The connection ended' : 'The ambassador responded by itself'} (${words(reason)})${detail === null ? '.' : html`: ${detail}`}</p>`}
        ${attempts.length === 0 ? html`<p>There was no attempt.</p>` : html`<ol>${attempts.map((attempt) => attemptItem(attempt, overTcp))}</ol>`}
        <p class="quiet">
          request <code>${requestId}</code>${traceId === null ? nothing : html`, trace <code>${traceId}</code>`}${flags.length === 0 ? nothing : html`, flags <code>${flags.join(' ')}</code>`}
        </p>
      </div>
    </details>
  </li>`;
}

function statusText({ status, grpcStatus }: RequestSample): string {
  return grpcStatus ?? (status === 0 ? 'none' : String(status));
}

function attemptItem(attempt: RequestSample['attempts'][number], overTcp: boolean): TemplateResult {
  const { startedMs, headMs } = attempt;
  const when = headMs === null ? '' : `, its head after ${milliseconds(headMs)}`;
  return html`<li>at ${milliseconds(startedMs)}: <code>${endpointName(attempt)}</code> ${attemptText(attempt, overTcp)}${when}</li>`;
}

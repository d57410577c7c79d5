// What happened, newest first.

import type { TemplateResult } from 'lit-html';
import { html } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import { timeOfDay } from '../format.ts';
import { servicePage } from '../route.ts';
import type { Level } from '../service-status.ts';
import type { TimelineEntry } from '../wire.ts';
import { mark } from './status-mark.ts';

export interface TimelineListOptions {
  readonly entries: readonly TimelineEntry[];
  readonly limit: number;
  /** Whether each entry names its service. */
  readonly namesService: boolean;
}

export function timelineList({ entries, limit, namesService }: TimelineListOptions): TemplateResult {
  if (entries.length === 0) {
    return html`<p class="empty">
      Nothing has happened in the last 15 minutes: no endpoint came or went, none was ejected, no circuit opened.
    </p>`;
  }
  return html`<ol class="timeline">
    ${repeat(
      entries.slice(0, limit),
      ({ id }) => id,
      ({ at, severity, service, kind, summary }) => html`<li class=${severity}>
        <time datetime=${at} title=${at}>${timeOfDay(at)}</time>
        ${mark(LEVELS[severity])}
        <p>
          ${namesService && service !== null ? linked(summary, service) : summary}
          <span class="kind">${kind}</span>
        </p>
      </li>`,
    )}
  </ol>`;
}

/** The service's name is a link where the sentence has it, and goes before it where not. */
function linked(summary: string, service: string): TemplateResult {
  const link = html`<a href=${servicePage(service)}>${service}</a>`;
  const parts = summary.split(' ');
  const at = parts.findIndex((part) => part.replace(/[.,:;]$/, '') === service);
  if (at === -1) return html`${link}: ${summary}`;
  const before = parts.slice(0, at).map((part) => `${part} `);
  const after = parts.slice(at + 1).map((part) => ` ${part}`);
  return html`${before.join('')}${link}${parts[at]?.slice(service.length)}${after.join('')}`;
}

const LEVELS: Readonly<Record<TimelineEntry['severity'], Level>> = {
  info: 'info',
  warning: 'warning',
  error: 'error',
};

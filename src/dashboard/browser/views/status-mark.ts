// A state by shape, colour and word together: none of them alone carries it.

import type { TemplateResult } from 'lit-html';
import { html, svg } from 'lit-html';
import type { Level } from '../service-status.ts';

const SHAPES: Readonly<Record<Level, TemplateResult>> = {
  ok: svg`<circle cx="8" cy="8" r="7"/><path class="ink" d="m4.8 8.2 2.2 2.2 4.2-4.6"/>`,
  info: svg`<circle class="ring" cx="8" cy="8" r="6"/><path class="ring" d="M8 4.8V8.2l2.2 1.6"/>`,
  warning: svg`<path d="M8 .9 15.6 14.6H.4Z"/><path class="ink" d="M8 5.6v4.2M8 12.1v.3"/>`,
  error: svg`<path d="M4.8.7h6.4l4.1 4.1v6.4l-4.1 4.1H4.8L.7 11.2V4.8Z"/><path class="ink" d="m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2"/>`,
};

export function mark(level: Level): TemplateResult {
  return html`<svg class="mark ${level}" viewBox="0 0 16 16" aria-hidden="true">${SHAPES[level]}</svg>`;
}

export function status(level: Level, word: string): TemplateResult {
  return html`<span class="status ${level}">${mark(level)}<span>${word}</span></span>`;
}

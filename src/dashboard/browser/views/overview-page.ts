// The first page: the verdict, the figures, the services, and what happened lately.

import type { TemplateResult } from 'lit-html';
import { html, nothing } from 'lit-html';
import { firstCall } from '../first-call.ts';
import { duration, megabytes, timeOfDay } from '../format.ts';
import type { Model } from '../model.ts';
import { servicePage } from '../route.ts';
import type { Level } from '../service-status.ts';
import { isRefusedOnPurpose } from '../service-status.ts';
import { verdict } from '../verdict.ts';
import type { Overview } from '../wire.ts';
import type { Figure } from './figures.ts';
import { errorLevel, figures, rateFigures } from './figures.ts';
import { refusedConfiguration } from './refused-configuration.ts';
import { registrationPanel } from './registration-panel.ts';
import { servicesTable } from './services-table.ts';
import { standingPanel } from './standing-panel.ts';
import { timelinePanel } from './timeline-list.ts';
import { verdictSection } from './verdict-section.ts';

/** A list of more names than this is of no use here. */
const MAX_NAMES = 60;

export function overviewPage(model: Model, overview: Overview): TemplateResult {
  const { services, configuration } = overview;
  return html`
    ${verdictSection(verdict(overview, model.timeline))}
    ${configuration.refused === null ? nothing : refusedConfiguration(configuration.refused)}
    ${figures([...rateFigures(overview.requests, failingLevel(overview)), ...processFigures(overview)], model.actions)}
    <div class="columns">
      <div>
        ${registrationPanel(overview)}
        ${standingPanel(overview)}
        ${services.length === 0 ? noneCalled(overview) : servicesTable(model, services)}
        ${uncalled(overview)}
      </div>
      ${timelinePanel(model, { entries: model.timeline, namesService: true })}
    </div>
  `;
}

/** What an operator has refused on purpose is counted, and no failure. */
function failingLevel({ services, requests }: Overview): Level {
  const planned = services
    .filter(isRefusedOnPurpose)
    .reduce((sum, { rates }) => sum + rates.perSecond * rates.errorRatio, 0);
  if (requests.perSecond === 0) return 'ok';
  return errorLevel(Math.max(0, requests.errorRatio - planned / requests.perSecond));
}

const CONSUL: Readonly<
  Record<Overview['consul']['state'], { readonly word: string; readonly level: Level }>
> = {
  answering: { word: 'answers', level: 'ok' },
  refusing: { word: 'refuses our token', level: 'warning' },
  failing: { word: 'does not answer', level: 'warning' },
  waiting: { word: 'not asked yet', level: 'info' },
};

function processFigures({
  at,
  consul,
  configuration,
  startedAt,
  rssBytes,
  eventLoopLagMs,
}: Overview): readonly Figure[] {
  const now = Date.parse(at);
  const { word, level } = CONSUL[consul.state];
  const since = consul.since === null ? '' : `, ${duration(now - Date.parse(consul.since))}`;
  const lag = eventLoopLagMs === null ? '' : `, loop lag ${eventLoopLagMs.toFixed(1)} ms`;
  return [
    {
      name: 'Consul',
      term: 'consul',
      value: word,
      note: html`${breakable(consul.address.replace('http://', ''))}${since}`,
      level,
    },
    configurationFigure(configuration),
    {
      name: 'Running for',
      value: duration(now - Date.parse(startedAt)),
      note: `${megabytes(rssBytes)}${lag}`,
    },
  ];
}

/** `host:port`, broken before the port rather than within it. */
function breakable(authority: string): TemplateResult {
  const at = authority.lastIndexOf(':');
  return at === -1 ? html`${authority}` : html`${authority.slice(0, at)}<wbr />${authority.slice(at)}`;
}

function configurationFigure({
  file,
  loadedAt,
  refused,
  waitingForRestart,
}: Overview['configuration']): Figure {
  const read = `${fileName(file)}, ${timeOfDay(loadedAt).slice(0, 5)}`;
  const name = 'Configuration';
  const term = 'configuration';
  if (refused !== null) return { name, term, value: 'refused', note: read, level: 'warning' };
  const waiting = waitingForRestart.length;
  if (waiting === 0) return { name, term, value: 'in force', note: read };
  const note = `${waitingForRestart.join(', ')} ${waiting === 1 ? 'waits' : 'wait'} for a restart`;
  return { name, term, value: 'in part', note, level: 'info' };
}

function fileName(path: string | null): string {
  return path === null ? 'no file' : path.slice(path.lastIndexOf('/') + 1);
}

function noneCalled(overview: Overview): TemplateResult {
  const { known } = overview;
  const [name = 'payments'] = known;
  return html`<section class="panel" aria-labelledby="services">
    <div class="toolbar"><h2 id="services">Services</h2></div>
    <div class="empty">
      <p>No service has been called yet. Call one by its name, on the port for traffic:</p>
      <pre>${firstCall(overview, name)}</pre>
      <p>
        ${
          known.length === 0
            ? 'Any service that is registered in Consul can be called; it appears here with its first call.'
            : 'It appears here with its first call, which looks its endpoints up.'
        }
      </p>
    </div>
  </section>`;
}

function uncalled({ services, known }: Overview): TemplateResult | typeof nothing {
  const open = new Set(services.map(({ name }) => name));
  const names = known.filter((name) => !open.has(name));
  if (names.length === 0) return nothing;
  return html`<section class="panel" aria-labelledby="uncalled">
    <div class="toolbar"><h2 id="uncalled">Not called yet <span class="quiet">${names.length}</span></h2></div>
    <ul class="names">
      ${names.slice(0, MAX_NAMES).map((name) => html`<li><a href=${servicePage(name)}>${name}</a></li>`)}
      ${names.length > MAX_NAMES ? html`<li class="quiet">and ${names.length - MAX_NAMES} more</li>` : nothing}
    </ul>
  </section>`;
}

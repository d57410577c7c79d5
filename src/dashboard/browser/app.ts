// The page as a whole: what comes in changes the model, and the model is drawn at most once a frame.

import type { TemplateResult } from 'lit-html';
import { html, render } from 'lit-html';
import { ApiError, fetchConfiguration, fetchTimeline } from './api.ts';
import type { Term } from './glossary.ts';
import { listenToKeys } from './keyboard.ts';
import { LiveStream } from './live.ts';
import type { Actions, Model } from './model.ts';
import { go, listenToLinks } from './navigation.ts';
import type { OperatorCall, Target } from './operator.ts';
import { call } from './operator.ts';
import { routeOf } from './route.ts';
import { SeriesStore } from './series.ts';
import { ServiceLoader } from './service-loader.ts';
import { MAX_ENTRIES, TimelineLog } from './timeline-log.ts';
import { titleOf } from './title.ts';
import { configurationPage } from './views/configuration-page.ts';
import { frame } from './views/frame.ts';
import { helpDialog } from './views/help-dialog.ts';
import { operateDialog } from './views/operate-dialog.ts';
import { overviewPage } from './views/overview-page.ts';
import { servicePageView } from './views/service-page.ts';
import type { Configuration, Overview, TimelineEntry } from './wire.ts';

export class App {
  readonly #timeline = new TimelineLog();
  readonly #series = new SeriesStore(() => this.#schedule());
  readonly #loader = new ServiceLoader(() => this.#schedule());
  readonly #live: LiveStream;
  readonly #actions: Actions;
  #overview: Overview | undefined;
  #filter = '';
  #showsAll = false;
  #configuration: Configuration | undefined;
  #timelineKind: TimelineEntry['kind'] | undefined;
  #term: Term | undefined;
  #target: Target | undefined;
  #operatorError: string | undefined;
  #isScheduled = false;

  constructor() {
    this.#live = new LiveStream({
      overview: (overview) => this.#takeIn(overview),
      timeline: (entry) => {
        this.#timeline.add([entry]);
        this.#schedule();
      },
      changed: () => this.#schedule(),
    });
    this.#actions = {
      filter: (text) => {
        this.#filter = text;
        this.#schedule();
      },
      showAll: () => {
        this.#showsAll = true;
        this.#schedule();
      },
      showKind: (kind) => {
        this.#timelineKind = kind;
        this.#schedule();
      },
      help: () => this.#help(undefined),
      define: (term) => this.#help(term),
      operate: (target) => this.#operate(target),
      submitOperation: (call) => void this.#submit(call),
      closeDialogs,
      stopOperating: () => {
        this.#target = undefined;
        this.#schedule();
      },
    };
  }

  start(): void {
    listenToLinks(() => this.#moved());
    listenToKeys({
      draw: () => this.#draw(),
      help: this.#actions.help,
      clearFilter: () => {
        const had = this.#filter !== '';
        this.#actions.filter('');
        return had;
      },
      back: () => go('/', () => this.#moved()),
    });
    this.#moved();
    this.#live.start();
  }

  #moved(): void {
    const route = routeOf(location.pathname);
    this.#filter = '';
    this.#showsAll = false;
    this.#timelineKind = undefined;
    closeDialogs();
    this.#loader.show(route.page === 'service' ? route.name : undefined);
    if (route.page === 'configuration') void this.#readConfiguration();
    this.#schedule();
  }

  #takeIn(overview: Overview): void {
    const isAnother = overview.startedAt !== this.#overview?.startedAt;
    if (isAnother) {
      this.#timeline.clear();
      this.#series.clear();
      void this.#catchUp();
    }
    const { loadedAt } = overview.configuration;
    const isNew = loadedAt !== this.#overview?.configuration.loadedAt;
    this.#overview = overview;
    if (isNew && this.#configuration !== undefined) void this.#readConfiguration();
    this.#series.add(overview);
    this.#loader.refresh();
    this.#schedule();
  }

  async #readConfiguration(): Promise<void> {
    try {
      this.#configuration = await fetchConfiguration();
      this.#schedule();
    } catch {
      // Of a connection that is lost the header tells; the next look asks again.
    }
  }

  async #catchUp(): Promise<void> {
    try {
      this.#timeline.add(await fetchTimeline(MAX_ENTRIES));
      this.#schedule();
    } catch {
      // The stream brings what is new.
    }
  }

  #help(term: Term | undefined): void {
    this.#term = term;
    this.#draw();
    document.querySelector<HTMLDialogElement>('#help')?.showModal();
    document.querySelector('#help .meant')?.scrollIntoView({ block: 'center' });
  }

  #operate(target: Target): void {
    this.#target = target;
    this.#operatorError = undefined;
    this.#draw();
    document.querySelector<HTMLDialogElement>('#operate')?.showModal();
  }

  async #submit(filledIn: Omit<OperatorCall, 'service' | 'target'>): Promise<void> {
    const service = this.#loader.service?.name;
    if (this.#target === undefined || service === undefined) return;
    try {
      await call({ ...filledIn, service, target: this.#target });
      closeDialogs();
      this.#loader.reload();
    } catch (error) {
      this.#operatorError = error instanceof ApiError ? error.message : 'The ambassador cannot be reached.';
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    requestAnimationFrame(() => {
      this.#isScheduled = false;
      this.#draw();
    });
  }

  #draw(): void {
    const model: Model = {
      route: routeOf(location.pathname),
      overview: this.#overview,
      timeline: this.#timeline.entries,
      service: this.#loader.service,
      configuration: this.#configuration,
      series: this.#series,
      silentForMs: this.#live.silentForMs,
      filter: this.#filter,
      showsAll: this.#showsAll,
      timelineKind: this.#timelineKind,
      term: this.#term,
      target: this.#target,
      operatorError: this.#operatorError,
      actions: this.#actions,
    };
    render(html`${frame(model, content(model))}${helpDialog(model)}${operateDialog(model)}`, document.body);
    document.title = titleOf(model);
  }
}

function closeDialogs(): void {
  for (const dialog of document.querySelectorAll('dialog')) dialog.close();
}

function content(model: Model): TemplateResult {
  if (model.route.page === 'configuration') return configurationPage(model);
  if (model.service !== undefined) return servicePageView(model, model.service);
  if (model.overview !== undefined) return overviewPage(model, model.overview);
  return html`<p class="empty">Asking the ambassador …</p>`;
}

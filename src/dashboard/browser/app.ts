// The page as a whole: what comes in changes the model, and the model is drawn at most once a frame.

import type { TemplateResult } from 'lit-html';
import { html, render } from 'lit-html';
import { ApiError, fetchTimeline } from './api.ts';
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
import { frame } from './views/frame.ts';
import { helpDialog } from './views/help-dialog.ts';
import { operateDialog } from './views/operate-dialog.ts';
import { overviewPage } from './views/overview-page.ts';
import { servicePageView } from './views/service-page.ts';
import type { Overview } from './wire.ts';

export class App {
  readonly #timeline = new TimelineLog();
  readonly #series = new SeriesStore(() => this.#schedule());
  readonly #loader = new ServiceLoader(() => this.#schedule());
  readonly #live: LiveStream;
  readonly #actions: Actions;
  #overview: Overview | undefined;
  #filter = '';
  #showsAll = false;
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
      help: () => document.querySelector<HTMLDialogElement>('#help')?.showModal(),
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
    closeDialogs();
    this.#loader.show(route.page === 'service' ? route.name : undefined);
    this.#schedule();
  }

  #takeIn(overview: Overview): void {
    const isAnother = overview.startedAt !== this.#overview?.startedAt;
    if (isAnother) {
      this.#timeline.clear();
      this.#series.clear();
      void this.#catchUp();
    }
    this.#overview = overview;
    this.#series.add(overview);
    this.#loader.refresh();
    this.#schedule();
  }

  async #catchUp(): Promise<void> {
    try {
      this.#timeline.add(await fetchTimeline(MAX_ENTRIES));
      this.#schedule();
    } catch {
      // The stream brings what is new.
    }
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
      series: this.#series,
      silentForMs: this.#live.silentForMs,
      filter: this.#filter,
      showsAll: this.#showsAll,
      target: this.#target,
      operatorError: this.#operatorError,
      actions: this.#actions,
    };
    render(html`${frame(model, content(model))}${helpDialog()}${operateDialog(model)}`, document.body);
    document.title = titleOf(model);
  }
}

function closeDialogs(): void {
  for (const dialog of document.querySelectorAll('dialog')) dialog.close();
}

function content(model: Model): TemplateResult {
  if (model.service !== undefined) return servicePageView(model, model.service);
  if (model.overview !== undefined) return overviewPage(model, model.overview);
  return html`<p class="empty">Asking the ambassador …</p>`;
}

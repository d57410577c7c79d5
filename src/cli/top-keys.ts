// What keys and answers do to what `ambassador top` shows.

import type { EndpointView } from '../admin/endpoint-view.ts';
import type { Overview } from '../admin/overview-view.ts';
import type { SortOrder, TopState } from './top-screen.ts';
import { SORT_ORDERS, sortedServices } from './top-screen.ts';

export type KeyEffect = 'quit' | 'refresh' | undefined;

export class TopKeys {
  #state: TopState;

  constructor(overview: Overview) {
    this.#state = { overview, failure: undefined, sort: 'name', selected: undefined, opened: undefined };
    this.#select(0);
  }

  get state(): TopState {
    return this.#state;
  }

  /** @param endpoints of the service that is opened */
  answered(overview: Overview, endpoints: readonly EndpointView[] | undefined): void {
    const { opened } = this.#state;
    const renewed = opened === undefined || endpoints === undefined ? opened : { ...opened, endpoints };
    this.#state = { ...this.#state, overview, failure: undefined, opened: renewed };
    if (!this.#rows().includes(this.#state.selected ?? '')) this.#select(0);
  }

  failed(failure: string): void {
    this.#state = { ...this.#state, failure };
  }

  /** @param key as Node's readline names it */
  pressed(key: string): KeyEffect {
    switch (key) {
      case 'q':
      case 'ctrl-c':
        return 'quit';
      case 'down':
      case 'j':
        return this.#move(1);
      case 'up':
      case 'k':
        return this.#move(-1);
      case 's':
        return this.#sort();
      case 'return':
      case 'enter':
        return this.#open();
      case 'escape':
      case 'backspace':
      case 'left':
        return this.#back();
      default:
        return undefined;
    }
  }

  #move(by: number): undefined {
    const at = this.#rows().indexOf(this.#state.selected ?? '');
    this.#select(at + by);
  }

  #sort(): undefined {
    const orders = Object.keys(SORT_ORDERS) as SortOrder[];
    const sort = orders[(orders.indexOf(this.#state.sort) + 1) % orders.length] ?? 'name';
    this.#state = { ...this.#state, sort };
  }

  #open(): KeyEffect {
    const { selected, opened } = this.#state;
    if (opened !== undefined || selected === undefined) return undefined;
    this.#state = { ...this.#state, opened: { name: selected, endpoints: [] }, selected: undefined };
    return 'refresh';
  }

  #back(): undefined {
    const { opened } = this.#state;
    if (opened !== undefined) this.#state = { ...this.#state, opened: undefined, selected: opened.name };
  }

  #rows(): readonly string[] {
    const { opened } = this.#state;
    return opened === undefined
      ? sortedServices(this.#state).map(({ name }) => name)
      : opened.endpoints.map(({ id }) => id);
  }

  #select(index: number): void {
    const rows = this.#rows();
    const selected = rows[Math.max(0, Math.min(index, rows.length - 1))];
    this.#state = { ...this.#state, selected };
  }
}

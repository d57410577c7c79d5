// The description of a service with the routes that follow from it, made once for each description.

import type { DescMethod } from '@bufbuild/protobuf';
import { methodPath } from './described-method.ts';
import type { RouteTable } from './http-rule/route-table.ts';
import { routeTable } from './http-rule/route-table.ts';
import type { DescriptionSource, ServiceDescription } from './service-description.ts';

export interface RoutedDescription {
  readonly description: ServiceDescription;
  readonly routes: RouteTable;
  /** By path, such as `/package.Service/Method`. */
  readonly methods: ReadonlyMap<string, DescMethod>;
}

/** How long a request waits for the first description unless its client gives it less, in milliseconds. */
const PATIENCE_MS = 5_000;

export class DescribedRoutes {
  readonly #source: DescriptionSource;
  #routed: RoutedDescription | undefined;

  constructor(source: DescriptionSource) {
    this.#source = source;
  }

  /** Undefined until there is a description. */
  get current(): RoutedDescription | undefined {
    const { current } = this.#source;
    return current === undefined ? undefined : this.#of(current);
  }

  /**
   * @param patienceMs undefined for the default
   * @throws AmbassadorError `description_unavailable`
   */
  async ready(patienceMs: number | undefined): Promise<RoutedDescription> {
    const { current } = this.#source;
    return this.#of(current ?? (await this.#source.ready(Math.min(patienceMs ?? PATIENCE_MS, PATIENCE_MS))));
  }

  #of(description: ServiceDescription): RoutedDescription {
    if (this.#routed?.description !== description) {
      const methods = new Map(description.methods.map((method) => [methodPath(method), method]));
      this.#routed = { description, methods, routes: routeTable(description) };
    }
    return this.#routed;
  }
}

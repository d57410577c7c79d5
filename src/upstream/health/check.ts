// One check of one endpoint, and how it is begun.

import type { Endpoint } from '../../endpoint/endpoint.ts';
import type { EndpointConnections } from '../../http/attempt.ts';
import type { CheckResult } from './check-result.ts';

export interface Checked {
  readonly endpoint: Endpoint;
  readonly connections: EndpointConnections;
}

/** Begins a check; `ended` is called once, possibly before this returns. @returns gives it up; nothing is reported then */
export type BeginCheck = (checked: Checked, ended: (result: CheckResult) => void) => () => void;

// One check of one endpoint, and how it is begun.

import type { UpstreamEndpoint } from '../upstream-endpoint.ts';
import type { CheckResult } from './check-result.ts';

/** Begins a check; `ended` is called once, possibly before this returns. @returns gives it up; nothing is reported then */
export type BeginCheck = (upstream: UpstreamEndpoint, ended: (result: CheckResult) => void) => () => void;

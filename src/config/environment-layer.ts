// All that environment variables say of the configuration: Consul's own, and OpenTelemetry's.

import type { EnvironmentLayer } from './consul-environment.ts';
import { consulEnvironment } from './consul-environment.ts';
import type { Raw } from './raw.ts';
import type { Environment } from './substitution.ts';
import { tracingEnvironment } from './tracing-environment.ts';

/** What the environment says, less what the file says itself: an explicit setting wins. */
export function environmentLayer(environment: Environment, file: Raw): EnvironmentLayer {
  const consul = consulEnvironment(environment, file);
  const tracing = tracingEnvironment(environment, file);
  return {
    root: { ...consul.root, ...tracing.root },
    origins: new Map([...consul.origins, ...tracing.origins]),
    problems: [...consul.problems, ...tracing.problems],
  };
}

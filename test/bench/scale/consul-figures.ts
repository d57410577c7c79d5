// What a Consul agent has used so far. It must run with `enable_debug`.

import type { ConsulAgent } from '../../support/consul-agent.ts';
import { cpuMicroseconds, residentMiB } from '../process-figures.ts';

export interface ConsulFigures {
  readonly cpuMicroseconds: number;
  readonly rssMiB: number;
  readonly goroutines: number;
}

export async function consulFigures(consul: ConsulAgent): Promise<ConsulFigures> {
  const profile = String(await consul.request('GET', '/debug/pprof/goroutine?debug=1'));
  const [, goroutines] = /^goroutine profile: total (\d+)/.exec(profile) ?? [];
  const { pid = 0 } = consul;
  return {
    cpuMicroseconds: cpuMicroseconds(pid),
    rssMiB: residentMiB(pid),
    goroutines: Number(goroutines),
  };
}

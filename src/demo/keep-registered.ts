// Keeps one sample service in Consul for as long as it runs, whatever happens to Consul meanwhile.

import { messageOf } from '../core/errors.ts';
import { sleep } from '../core/sleep.ts';
import { systemClock } from '../core/system-clock.ts';
import type { SampleRegistration } from './register.ts';
import { registerSample } from './register.ts';

const LOOK_EVERY_MS = 1_000;
const ANSWER_WITHIN_MS = 5_000;

export interface KeptRegistration {
  /** Takes it out of Consul. Consul being away is no error: its check drops the service later. */
  end(): Promise<void>;
}

/**
 * Registers the service, tries for ever while Consul is away, and once a second makes sure that Consul still
 * knows it: an agent that lost its data gets it again.
 * @param log told in one line each that it was registered, and why it could not be
 */
export function keepRegistered(
  consulAddress: string,
  sample: SampleRegistration,
  log: (line: string) => void = () => {},
): KeptRegistration {
  const ended = new AbortController();

  const keep = async (): Promise<void> => {
    let known = false;
    let trouble = '';
    while (!ended.signal.aborted) {
      try {
        if (!(known && (await isKnown(consulAddress, sample.id)))) {
          known = false;
          await registerSample(consulAddress, sample);
          known = true;
          log(`${sample.id} is registered in Consul`);
        }
        trouble = '';
      } catch (error) {
        const met = `${sample.id}: Consul at ${consulAddress} did not answer: ${messageOf(error)}`;
        if (met !== trouble) log(met);
        trouble = met;
      }
      await sleep(systemClock, LOOK_EVERY_MS, ended.signal);
    }
  };

  const kept = keep();
  return {
    end: async () => {
      ended.abort();
      await kept;
      await askConsul(`${consulAddress}/v1/agent/service/deregister/${sample.id}`, 'PUT').catch((error) => {
        log(`${sample.id} could not be deregistered: ${messageOf(error)}`);
      });
    },
  };
}

/** Whether Consul's agent finds every check of the instance passing. */
export async function isPassing(consulAddress: string, id: string): Promise<boolean> {
  return (await askConsul(`${consulAddress}/v1/agent/health/service/id/${id}`)).status === 200;
}

async function isKnown(consulAddress: string, id: string): Promise<boolean> {
  const { status } = await askConsul(`${consulAddress}/v1/agent/service/${id}`);
  if (status >= 500) throw new Error(`status ${status}`);
  return status === 200;
}

async function askConsul(url: string, method = 'GET'): Promise<{ readonly status: number }> {
  const response = await fetch(url, { method, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  await response.arrayBuffer();
  return response;
}

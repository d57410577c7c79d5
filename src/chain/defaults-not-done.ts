// A chain that names what the service's defaults in Consul ask for and is not done. Pure.

import type { ChainModel } from './chain-model.ts';
import { NotDone } from './not-done.ts';
import { chainToItself } from './own-chain.ts';

/**
 * @param model undefined for a service without a chain: it gets one that leads to itself, where something is to be named
 * @param keys of its service-defaults, that ask for what is not done
 */
export function namingDefaults(
  model: ChainModel | undefined,
  service: string,
  keys: readonly string[],
): ChainModel | undefined {
  // What the compiled chain asks for as well is named already.
  const unnamed = keys.filter(
    (key) => model?.notDone.some((sentence) => sentence.startsWith(`${key} `)) !== true,
  );
  if (unnamed.length === 0) return model;
  const named = new NotDone();
  named.keys('service-defaults', unnamed);
  const chain: ChainModel = model ?? { ...chainToItself(service), from: 'consul' };
  return { ...chain, notDone: [...chain.notDone, ...named.sentences] };
}

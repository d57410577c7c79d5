// The rules of the forward proxy for tests: nothing passes through unless it is named.

import { ForwardProxy } from '../../src/proxy/forward-proxy.ts';

export interface TestForwardProxy {
  readonly passThrough?: readonly string[];
  readonly ownHosts?: readonly string[];
  /** May be added to later. */
  readonly ownPorts?: ReadonlySet<number>;
}

export function testForwardProxy(rules: TestForwardProxy = {}): ForwardProxy {
  const { passThrough = [], ownHosts = [], ownPorts = new Set() } = rules;
  return new ForwardProxy({ consulDomain: 'consul', passThrough, ownHosts, ownPorts: () => ownPorts });
}

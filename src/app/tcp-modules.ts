// What services that are called over TCP need, loaded once the configuration has one: others pay nothing for it.

import type { Config } from '../config/types.ts';
import type { TcpListener } from '../listener/tcp-listener.ts';
import type { TcpForwarder } from '../proxy/tcp-forward.ts';
import type { TcpTransport } from '../upstream/tcp-transport.ts';

export interface TcpModules {
  readonly TcpTransport: typeof TcpTransport;
  readonly TcpForwarder: typeof TcpForwarder;
  readonly TcpListener: typeof TcpListener;
}

export function needsTcp({ services }: Config): boolean {
  return [...services.values()].some(({ protocol }) => protocol === 'tcp');
}

export async function loadTcpModules(): Promise<TcpModules> {
  const [transport, forwarder, listener] = await Promise.all([
    import('../upstream/tcp-transport.ts'),
    import('../proxy/tcp-forward.ts'),
    import('../listener/tcp-listener.ts'),
  ]);
  return { ...transport, ...forwarder, ...listener };
}

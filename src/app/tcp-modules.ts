// What services that are called over TCP need, loaded once the configuration has one: others pay nothing for it.

import type { Config } from '../config/types.ts';
import { loadModule } from '../core/load-module.ts';
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

export function loadTcpModules(): TcpModules {
  return {
    ...loadModule<typeof import('../upstream/tcp-transport.ts')>(
      '../upstream/tcp-transport.ts',
      import.meta.url,
    ),
    ...loadModule<typeof import('../proxy/tcp-forward.ts')>('../proxy/tcp-forward.ts', import.meta.url),
    ...loadModule<typeof import('../listener/tcp-listener.ts')>(
      '../listener/tcp-listener.ts',
      import.meta.url,
    ),
  };
}

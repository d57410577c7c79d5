// How a service is called the first time, to paste on the machine of the application.

import type { Overview } from './wire.ts';

export function firstCall({ listening }: Pick<Overview, 'listening'>, service: string): string {
  const own = listening.find(({ service: only }) => only === service);
  if (own?.protocol === 'tcp') return `connect to ${own.address}`;
  const address = listening.find(({ service: only }) => only === null)?.address ?? '';
  if (address.startsWith('unix:'))
    return `curl --unix-socket ${address.slice('unix:'.length)} http://localhost/${service}/`;
  const [, host = '', port = '15000'] = /^(.*):(\d+)$/.exec(address) ?? [];
  const isLocal = host === '' || /^(127\.0\.0\.1|0\.0\.0\.0|\[::1?\])$/.test(host);
  return `curl http://${isLocal ? 'localhost' : host}:${port}/${service}/`;
}

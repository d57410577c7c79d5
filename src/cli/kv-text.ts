// What is known of the configuration in Consul KV.

import type { KvView } from '../admin/configuration-view.ts';

const STATES: Readonly<Record<KvView['state'], string>> = {
  waiting: 'Consul has not answered yet',
  absent: 'there is no such key',
  read: 'followed',
};

export function kvText({ key, state, failure }: KvView): string {
  return `Consul KV ${key}: ${failure ?? STATES[state]}`;
}

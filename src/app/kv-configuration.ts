// The part of the configuration that stands in Consul KV, where the file names a key.

import type { KvView } from '../admin/configuration-view.ts';
import type { Config } from '../config/types.ts';
import { ConsulKv } from '../discovery/consul/consul-kv.ts';
import type { ConsulWatchDependencies } from '../discovery/consul/consul-watch.ts';
import type { ConfigReloader } from './config-reloader.ts';

export function kvConfiguration(
  { consul: { datacenter, namespace, partition } }: Config,
  key: string,
  dependencies: ConsulWatchDependencies,
  reloader: ConfigReloader,
): ConsulKv {
  return new ConsulKv({ key, datacenter, namespace, partition }, dependencies, (text) =>
    reloader.kvChanged(text === undefined ? undefined : { file: `Consul KV ${key}`, text }),
  );
}

export function kvView(key: string, kv: ConsulKv): KvView {
  const { phase, modifyIndex, failure } = kv.state;
  return { key, state: phase, modifyIndex: modifyIndex ?? null, failure: failure ?? null };
}

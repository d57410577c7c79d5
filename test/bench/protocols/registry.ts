// Every proxy that is measured by protocol, in the order of the report.

import { ambassador } from './peers/ambassador.ts';
import { caddy } from './peers/caddy.ts';
import { envoy } from './peers/envoy.ts';
import { haproxy } from './peers/haproxy.ts';
import { nginx } from './peers/nginx.ts';
import type { RowPeer } from './peers/row-peer.ts';
import { untranslated } from './peers/untranslated.ts';

export const ROW_PEERS: readonly RowPeer[] = [ambassador, untranslated, haproxy, nginx, caddy, envoy];

/** What the others are compared with: the first of these that a row has. */
export const REFERENCES: readonly string[] = [haproxy.name, untranslated.name];

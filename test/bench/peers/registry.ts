// Every proxy that may be measured, in the order of the report.

import {
  ambassador,
  ambassadorWith50Services,
  ambassadorWithConsul,
  ambassadorWithLines,
} from './ambassador.ts';
import { caddy } from './caddy.ts';
import { envoy } from './envoy.ts';
import { haproxy } from './haproxy.ts';
import { nginx } from './nginx.ts';
import { fastifyHttpProxy, fastProxy, httpProxy3, lean, prototype } from './node-peers.ts';
import type { Peer } from './peer.ts';

export const PEERS: readonly Peer[] = [
  ambassador,
  ambassadorWithConsul,
  ambassadorWithLines,
  ambassadorWith50Services,
  prototype,
  lean,
  nginx,
  haproxy,
  envoy,
  caddy,
  fastProxy,
  fastifyHttpProxy,
  httpProxy3,
];

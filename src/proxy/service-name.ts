// Names of services as they are written in a path, a header or a host.

import { AmbassadorError } from '../core/errors.ts';
import type { ServiceRef } from '../discovery/service-ref.ts';
import { isServiceName, MAX_NAME_LENGTH, serviceNamed } from '../discovery/service-ref.ts';
import { parseConsulName } from './consul-dns-name.ts';

const LOCALHOST_SUFFIX = '.localhost';

/**
 * A name that may be percent-encoded, or hold UTF-8 as it is. It is decoded once, and for the comparison only.
 * @param written an octet to a character
 * @throws AmbassadorError `unknown_service`
 */
export function readName(written: string): ServiceRef {
  return checked(serviceNamed(percentDecoded(asUtf8(written))));
}

function checked(ref: ServiceRef): ServiceRef {
  if (isServiceName(ref.name)) return ref;
  const why =
    ref.name.length > MAX_NAME_LENGTH
      ? ` It has ${ref.name.length} characters, and a name at most ${MAX_NAME_LENGTH}.`
      : '';
  throw new AmbassadorError(
    'unknown_service',
    `What stands in the place of a service name is not one.${why}`,
  );
}

/**
 * The service of `NAME.localhost` or of a DNS name of Consul's.
 * @param host without port and without a final dot
 * @param consulDomain without dots at its ends
 * @returns undefined when it is neither
 * @throws AmbassadorError `unknown_service` for what is no name, or below Consul's domain and no service's
 */
export function serviceOfHost(host: string, consulDomain: string): ServiceRef | undefined {
  if (host.toLowerCase().endsWith(LOCALHOST_SUFFIX)) return readName(host.slice(0, -LOCALHOST_SUFFIX.length));
  const consul = parseConsulName(host, consulDomain);
  if (consul !== 'other') return consul && checked(consul);
  throw new AmbassadorError(
    'unknown_service',
    `Of the names below .${consulDomain} only [tag.]NAME.service[.datacenter].${consulDomain} is a service, and NAME.query.${consulDomain} a prepared query.`,
  );
}

function percentDecoded(written: string): string {
  if (!written.includes('%')) return written;
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Heads come as octets, one to a character (RFC 9110 §5.5): what is UTF-8 is read as such. */
function asUtf8(value: string): string {
  if (!/[\x80-\xff]/.test(value)) return value;
  try {
    return UTF8.decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}

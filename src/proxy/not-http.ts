import { AmbassadorError } from '../core/errors.ts';

/** @param addresses of the service's own, at which it can be called */
export function notHttp(service: string, addresses: readonly string[]): AmbassadorError {
  const where = addresses.length === 0 ? 'its own address' : addresses.join(' or ');
  return new AmbassadorError(
    'misdirected_request',
    `${service} is called over TCP (protocol: tcp), not over HTTP: connect to ${where}.`,
  );
}

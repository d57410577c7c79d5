// When a connection over TLS stands for the endpoint as well. With TLS 1.3 it judges our certificate after our side is done
// (RFC 8446 §4.4.2.4), and what it sends where it accepts it is a session, or its first words.

import type { Socket } from 'node:net';
import type { Clock, ScheduledTask } from '../core/clock.ts';

/** How long an endpoint may take to refuse where it sends nothing at all, in milliseconds. */
const REFUSED_WITHIN_MS = 250;

/** @param accepted called once it has sent a session, or has not refused in time; first words are for the caller to see */
export function awaitAcceptance(socket: Socket, clock: Clock, accepted: () => void): ScheduledTask {
  socket.once('session', accepted);
  return clock.schedule(REFUSED_WITHIN_MS, accepted);
}

// The application of docker-compose.yml: it knows one address, the ambassador's (AMBASSADOR_URL), and prints a line a second
// of what it got from the three services there.

import { messageOf } from '../core/errors.ts';
import { systemClock } from '../core/system-clock.ts';
import { pause } from './wait.ts';

const AMBASSADOR = process.env['AMBASSADOR_URL'] ?? 'http://localhost:15000';
const CALLS = ['/payments/balance', '/fraud/score', '/inventory/stock'];
const EVERY_MS = 1_000;

/** Which instance responded, or why none did. */
async function call(path: string): Promise<{ readonly ok: boolean; readonly text: string }> {
  const startedAt = systemClock.now();
  const [, service] = path.split('/');
  try {
    const response = await fetch(`${AMBASSADOR}${path}`);
    const answer: unknown = await response.json();
    const who = response.headers.get('x-ambassador-error') ?? instanceIn(answer);
    const ms = (systemClock.now() - startedAt).toFixed(0);
    return { ok: response.ok, text: `${service} ${response.status} ${who} ${ms}ms` };
  } catch (error) {
    return { ok: false, text: `${service} ${messageOf(error)}` };
  }
}

function instanceIn(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null || !('instance' in answer)) return 'an unknown instance';
  return String(answer.instance);
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(0));

for (;;) {
  const results = await Promise.all(CALLS.map(call));
  const verdict = results.every(({ ok }) => ok) ? 'ok' : 'FAILED';
  console.log(`${verdict} | ${results.map(({ text }) => text).join(' | ')}`);
  await pause(EVERY_MS);
}

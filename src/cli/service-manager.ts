// What systemd is notified of (sd_notify(3)). Node.js has no unix datagram sockets: a shell that waits beside this process passes
// each line on by systemd-notify(1). The lines come from the event loop, so that one that hangs is noticed.

import { spawn } from 'node:child_process';

const PASS_ON = 'while read -r state; do systemd-notify "$state"; done';
const MICROSECONDS_PER_MS = 1_000;

export interface ServiceManager {
  /** Listeners are open; from now on the watchdog is fed, where the unit has one. */
  ready(): void;
  stopping(): void;
}

/** Does nothing where no service manager asks to be notified (`NOTIFY_SOCKET`). */
export function serviceManager(env: NodeJS.ProcessEnv): ServiceManager {
  if (!env['NOTIFY_SOCKET']) return { ready: () => {}, stopping: () => {} };
  const helper = spawn('/bin/sh', ['-c', PASS_ON], { stdio: ['pipe', 'ignore', 'inherit'], env });
  // Without it the unit's own timeout says so; that is no reason to end.
  helper.on('error', () => {});
  helper.stdin.on('error', () => {});
  helper.unref();
  const notify = (state: string): void => {
    if (helper.stdin.writable) helper.stdin.write(`${state}\n`);
  };
  return {
    ready: () => {
      notify('READY=1');
      const everyMs = watchdogMs(env);
      if (everyMs !== undefined) setInterval(() => notify('WATCHDOG=1'), everyMs / 2).unref();
    },
    stopping: () => {
      notify('STOPPING=1');
      helper.stdin.end();
    },
  };
}

/** How long the unit waits for a sign of life (`WatchdogSec=`); undefined when it does not, or means another process. */
export function watchdogMs(env: NodeJS.ProcessEnv, pid = process.pid): number | undefined {
  const ms = Number(env['WATCHDOG_USEC']) / MICROSECONDS_PER_MS;
  const of = env['WATCHDOG_PID'];
  return ms > 0 && (of === undefined || of === String(pid)) ? ms : undefined;
}

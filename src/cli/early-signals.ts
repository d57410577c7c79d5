// What signals do to a process that stays, from its first line on. Imports nothing, so that it is evaluated first: until then
// Node.js itself starts, and its defaults count.

/** To these a hang-up is the wish to reload. */
const RELOADING: readonly (string | undefined)[] = ['run'];

const STAYING: readonly (string | undefined)[] = [...RELOADING, 'exec'];

/**
 * By default Node.js opens its debugger at the first and ends at the others. Who rotates logs may send the first two, and
 * a container's manager SIGPWR.
 */
export const WITHOUT_MEANING = [
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGPROF',
  'SIGIO',
  'SIGPWR',
  'SIGSTKFLT',
] as const;

let hungUpBefore = false;

const remember = (): void => {
  hungUpBefore = true;
};

/** @param command the first word of the command line */
export function expectSignals(command: string | undefined): void {
  if (STAYING.includes(command)) for (const signal of WITHOUT_MEANING) process.on(signal, () => {});
  if (RELOADING.includes(command)) process.on('SIGHUP', remember);
}

/** Reports hang-ups, those before among them. */
export function onHangUp(hungUp: () => void): void {
  process.on('SIGHUP', hungUp);
  process.off('SIGHUP', remember);
  if (hungUpBefore) hungUp();
}

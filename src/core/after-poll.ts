// Work that waits until everything that the system has ready by now has been read.

/**
 * Runs `task` after the events that are being handled, and before the next are waited for; many wishes within one turn
 * are one run.
 * @returns wishes it
 */
export function afterPoll(task: () => void): () => void {
  let wished = false;
  const run = (): void => {
    wished = false;
    task();
  };
  return () => {
    if (wished) return;
    wished = true;
    setImmediate(run);
  };
}

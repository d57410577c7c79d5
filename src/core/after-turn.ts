// Work that waits until the events of this turn of the event loop have been handled.

/**
 * Runs `task` after the events that are being handled, and before the next are waited for; many wishes within one turn
 * are one run.
 * @returns wishes it
 */
export function afterTurn(task: () => void): () => void {
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

/** Resolves once what waits on the event loop has had its turn: long work goes on in pieces then. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

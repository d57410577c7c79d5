/**
 * Waits until `probe` returns without throwing, and returns its value: tests wait for conditions, not for time.
 * @throws the probe's last error after `timeoutMs` (default 40 s, in which a process starts on a busy machine)
 */
export async function eventually<T>(probe: () => T | Promise<T>, timeoutMs = 40_000): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

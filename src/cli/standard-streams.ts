// What commands write: the streams of Node.js block while a pipe is full, which is right for a command that prints and ends.

let isGuarded = false;

/** A line on standard output. */
export function print(line: string): void {
  if (!isGuarded) {
    isGuarded = true;
    // The reader may have read enough: `ambassador schema | head`.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit();
    });
  }
  process.stdout.write(`${line}\n`);
}

/** A line on standard error. */
export function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

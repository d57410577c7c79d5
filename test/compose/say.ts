// What a person who watches the test reads.

export function say(line: string): void {
  console.log(`\n== ${line}\n`);
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

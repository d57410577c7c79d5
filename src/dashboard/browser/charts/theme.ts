// The colours of charts come from the style sheet, and change with the reader's theme.

const dark = matchMedia('(prefers-color-scheme: dark)');

/** @param name of a custom property, such as `--chart-calls` */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** @returns what ends the listening */
export function onThemeChange(listener: () => void): () => void {
  dark.addEventListener('change', listener);
  return () => dark.removeEventListener('change', listener);
}

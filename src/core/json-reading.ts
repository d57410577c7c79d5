// Reading JSON of another program's making: what is not as expected counts as absent.

export type JsonFields = Readonly<Record<string, unknown>>;

export function record(value: unknown): JsonFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonFields) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Undefined for anything but text, and for an empty one. */
export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function texts(value: unknown): readonly string[] {
  return list(value).filter((entry): entry is string => typeof entry === 'string');
}

export function finite(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Whether it says anything: neither absent nor an empty value, as Go leaves out or writes. */
export function says(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0) return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Object.values(value).some(says);
}

/** The keys beyond the known ones that say something. */
export function unknownKeys(fields: JsonFields, known: ReadonlySet<string>): string[] {
  return Object.entries(fields).flatMap(([key, value]) => (known.has(key) || !says(value) ? [] : [key]));
}

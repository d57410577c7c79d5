import type { Logger } from '../../src/core/logger.ts';

export interface LogEntry {
  readonly level: keyof Logger;
  readonly fields: object;
  readonly message: string;
}

/** Keeps what is logged, for tests of what people get to read. */
export class RecordingLogger implements Logger {
  readonly entries: LogEntry[] = [];

  /** `level: message`, in order. */
  get lines(): string[] {
    return this.entries.map(({ level, message }) => `${level}: ${message}`);
  }

  debug(fields: object, message: string): void {
    this.entries.push({ level: 'debug', fields, message });
  }

  info(fields: object, message: string): void {
    this.entries.push({ level: 'info', fields, message });
  }

  warn(fields: object, message: string): void {
    this.entries.push({ level: 'warn', fields, message });
  }

  error(fields: object, message: string): void {
    this.entries.push({ level: 'error', fields, message });
  }
}

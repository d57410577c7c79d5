import type { ResponseSink, TransportFailure, UpstreamResponse } from './attempt.ts';
import type { Fields } from './message.ts';
import type { WireProgress } from './progress.ts';

/** A response that passes another on: what differs from it is overridden. */
export class WrappedResponse implements UpstreamResponse {
  readonly status: number;
  readonly reasonPhrase: string;
  readonly fields: Fields;
  protected readonly response: UpstreamResponse;

  /** @param fields in place of its own */
  constructor(response: UpstreamResponse, fields: Fields = response.fields) {
    this.status = response.status;
    this.reasonPhrase = response.reasonPhrase;
    this.fields = fields;
    this.response = response;
  }

  get progress(): WireProgress | undefined {
    return this.response.progress;
  }

  deliver(sink: ResponseSink): void {
    this.response.deliver(sink);
  }

  resume(): void {
    this.response.resume();
  }

  abandon(failure?: TransportFailure): void {
    this.response.abandon(failure);
  }
}

import type { ResponseSink, TransportFailure, UpstreamResponse } from './attempt.ts';
import type { Fields } from './message.ts';
import type { WireProgress } from './progress.ts';

/** A response that passes another on: what differs from it is overridden. */
export class WrappedResponse implements UpstreamResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Fields;
  protected readonly response: UpstreamResponse;

  /** @param headers in place of its own */
  constructor(response: UpstreamResponse, headers: Fields = response.headers) {
    this.status = response.status;
    this.statusText = response.statusText;
    this.headers = headers;
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

import type { RawHeaders, ResponseSink, TransportFailure, UpstreamResponse } from '../../http/attempt.ts';

/** A response under other header fields. */
export class ResponseWithFields implements UpstreamResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: RawHeaders;
  readonly #response: UpstreamResponse;

  constructor(response: UpstreamResponse, headers: RawHeaders) {
    this.status = response.status;
    this.statusText = response.statusText;
    this.headers = headers;
    this.#response = response;
  }

  deliver(sink: ResponseSink): void {
    this.#response.deliver(sink);
  }

  resume(): void {
    this.#response.resume();
  }

  abandon(failure?: TransportFailure): void {
    this.#response.abandon(failure);
  }
}

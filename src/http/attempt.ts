// What lies between a service and the wire: an attempt goes out to one endpoint, and one observer is notified of its progress.
// No type of an HTTP library crosses this seam.

import type { Duplex } from 'node:stream';
import type { Reason } from '../core/reasons.ts';
import type { Dialer, DialTarget } from '../net/dial.ts';
import type { Body, BodySink } from './body.ts';
import type { Fields, ResponseHead } from './message.ts';
import type { WireProgress } from './progress.ts';

export type { ResponseHead } from './message.ts';

export interface AttemptRequest {
  readonly method: string;
  /** The request target in origin form (RFC 9112 §3.2.1), byte for byte as it is to be sent. */
  readonly path: string;
  /** What Host says; undefined for the endpoint's own address. */
  readonly authority?: string | undefined;
  /** Everything but Host, Connection and Transfer-Encoding, which belong to the connection. */
  readonly fields: Fields;
  /** Undefined when the request has no content. */
  readonly body: Body | undefined;
  /** The protocol to switch to (RFC 9110 §7.8); undefined for an ordinary request. */
  readonly upgrade: string | undefined;
}

/** Why an attempt brought no whole response. */
export interface TransportFailure {
  readonly reason: Extract<
    Reason,
    | 'connect_failure'
    | 'tls_failure'
    | 'certificate_unavailable'
    | 'connection_limit'
    | 'out_of_resources'
    | 'upstream_reset'
    | 'upstream_timeout'
    | 'upstream_protocol_error'
    | 'bad_request'
    | 'untranslatable_request'
    | 'message_too_large'
    | 'not_implemented'
    | 'headers_too_large'
    | 'client_gone'
    | 'request_timeout'
    | 'deadline_exceeded'
  >;
  /** True when no byte of the request can have reached the endpoint, so that any method may be sent again. */
  readonly neverSent: boolean;
  /** True when it is no fault of the endpoint, such as an orderly end of its connection. Default false. */
  readonly neutral?: true;
  /** For people: code and message of the underlying error. */
  readonly detail: string;
}

/** What this side lacks, which says nothing of the endpoint. */
export const OF_THIS_SIDE: ReadonlySet<TransportFailure['reason']> = new Set<TransportFailure['reason']>([
  'certificate_unavailable',
  'connection_limit',
  'out_of_resources',
]);

/** Where the body of a response goes. */
export interface ResponseSink extends BodySink {
  broken(failure: TransportFailure): void;
}

/** A response whose head has come. Its body waits until someone asks for it. */
export interface UpstreamResponse extends ResponseHead {
  /** Of the connection that it comes over; undefined when there is none, or no more. */
  readonly progress: WireProgress | undefined;
  /** Hands the body over, once. What has come already is delivered before this returns. */
  deliver(sink: ResponseSink): void;
  /** Goes on after the sink asked to wait. */
  resume(): void;
  /**
   * Gives up the rest. Nothing is delivered afterwards, and the connection is not used again. Without a `failure` the
   * rest was only not wanted, which says nothing of the endpoint.
   */
  abandon(failure?: TransportFailure): void;
}

/** Notified of the progress of one attempt. `closed` is called exactly once, last. */
export interface AttemptObserver {
  /** A connection stands and the request begins to leave; not called for a request that never does. */
  sending(): void;
  /** The last byte of the request has been handed to the kernel; not called when the response came before. */
  sent(): void;
  /** An interim response other than 101 (RFC 9110 §15.2). */
  informational(head: ResponseHead): void;
  head(response: UpstreamResponse): void;
  /** 101: from here on the stream is a tunnel, and belongs to the observer. */
  upgraded(head: ResponseHead, stream: Duplex, progress: WireProgress): void;
  /**
   * The attempt holds nothing any more.
   * @param failure when it did not bring a whole response
   * @param trailers of a whole response
   */
  closed(failure: TransportFailure | undefined, trailers: Fields): void;
}

/** An attempt under way. */
export interface Attempt {
  /** Ends it now; `closed` is called with this failure before this returns, unless it was called before. */
  cancel(failure: TransportFailure): void;
  /** Of the connection that carries it; undefined while none does. */
  readonly progress: WireProgress | undefined;
}

/** The connections to one endpoint. */
export interface EndpointConnections {
  /** Starts an attempt. Never throws: every fault reaches the observer, possibly before this has returned. */
  send(request: AttemptRequest, observer: AttemptObserver): Attempt;
  /** Takes no new attempts; those under way finish; then the connections close. */
  close(): void;
  /** Connections open or being opened. */
  readonly open: number;
}

/** What is spoken with endpoints. */
export type TransportProtocol = 'http' | 'tcp';

export interface Transport {
  readonly protocol: TransportProtocol;
  /** What makes its connections. */
  readonly dialer: Dialer;
  /** @param unreached no connection could be made, after everything that waited for it has been given up */
  connect(endpoint: DialTarget, unreached?: (failure: TransportFailure) => void): EndpointConnections;
  /** Whether connections to an endpoint stay what they are when other things are registered of it. */
  isAlike(before: DialTarget, after: DialTarget): boolean;
  /** Whether connections made by the other would be like those made by this one. */
  equals(other: Transport): boolean;
}

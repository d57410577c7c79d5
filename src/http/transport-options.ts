// What the connections to endpoints are held to.

export interface TransportOptions {
  /** How long a connection may take to open, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** The most connections to one endpoint; requests beyond wait for one. */
  readonly maxConnections: number;
  /** How long an unused connection stays open, in milliseconds, unless its server says otherwise. */
  readonly keepAliveMs: number;
  /** The most bytes of a response's header section. */
  readonly maxHeaderBytes: number;
  readonly pings: PingOptions;
}

/** How a connection of HTTP/2 is asked whether its endpoint is still there. */
export interface PingOptions {
  /** How long nothing may come while requests are under way before it is asked, in milliseconds; 0 for never. */
  readonly intervalMs: number;
  /** How long anything may take to come then, in milliseconds. */
  readonly timeoutMs: number;
}

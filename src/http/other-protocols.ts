// What an endpoint speaks that does not speak HTTP/1.1, by its first bytes: pure.
// Source: RFC 8446 §5.1 (TLS records), RFC 9113 §3.4 and §6.5 (SETTINGS); the protocol documentation of MySQL,
// PostgreSQL, Redis, Cassandra and NATS; RFC 4253 §4.2 (SSH), RFC 5321 §4.2 (SMTP), RFC 959 §5.4 (FTP), RFC 9051 §7.1 (IMAP), RFC 1939
// §4 (POP3), AMQP 0-9-1 §4.2.2.

interface OtherProtocol {
  readonly name: string;
  /** What to do about it in the configuration of the service. */
  readonly remedy: string;
  readonly begins: (bytes: Buffer) => boolean;
}

const AS_BYTES = 'protocol: tcp, with a listen address of its own, carries it';

const PROTOCOLS: readonly OtherProtocol[] = [
  // Most often an alert, which a server sends to a client that did not begin with a ClientHello.
  {
    name: 'TLS',
    remedy: 'set tls: {} for this service',
    begins: ([type = 0, major]) => type >= 0x14 && type <= 0x17 && major === 3,
  },
  {
    name: 'HTTP/2',
    remedy: 'set protocol: h2c (or grpc) for this service',
    begins: (bytes) =>
      bytes.length >= 9 && bytes.readUInt16BE(0) === 0 && bytes.readUIntBE(3, 6) === SETTINGS,
  },
  {
    name: 'MySQL',
    remedy: AS_BYTES,
    // The length of a short packet, number 0, with the version of the protocol or the mark of an error.
    begins: ([, , high, sequence, mark]) => high === 0 && sequence === 0 && (mark === 10 || mark === 0xff),
  },
  {
    name: 'PostgreSQL',
    remedy: AS_BYTES,
    begins: ([type, first, second, , , field]) =>
      type === 0x45 && first === 0 && second === 0 && field === 0x53,
  },
  { name: 'Redis', remedy: AS_BYTES, begins: textual(/^(?:-(?:ERR|DENIED|NOAUTH|LOADING) |\+PONG)/) },
  { name: 'memcached', remedy: AS_BYTES, begins: textual(/^ERROR\r\n/) },
  // A response of version 3 to 5, whose stream and operation (ERROR) follow.
  {
    name: 'Cassandra',
    remedy: AS_BYTES,
    begins: ([version = 0, , , , operation]) => version >= 0x83 && version <= 0x85 && operation === 0,
  },
  { name: 'SSH', remedy: AS_BYTES, begins: textual(/^SSH-/) },
  { name: 'AMQP', remedy: AS_BYTES, begins: textual(/^AMQP/) },
  { name: 'NATS', remedy: AS_BYTES, begins: textual(/^INFO \{/) },
  { name: 'SMTP or FTP', remedy: AS_BYTES, begins: textual(/^220[ -]/) },
  { name: 'IMAP', remedy: AS_BYTES, begins: textual(/^\* OK /) },
  { name: 'POP3', remedy: AS_BYTES, begins: textual(/^\+OK /) },
];

/** A frame's type, flags and stream: SETTINGS, of the connection. */
const SETTINGS = 0x04_00_00_00_00_00;

/** No more is looked at, in bytes. */
const LONGEST_BEGINNING = 16;

function textual(pattern: RegExp) {
  return (bytes: Buffer): boolean => pattern.test(bytes.toString('latin1'));
}

/** Such as "it looks like TLS: set tls: {} for this service"; undefined for what is not known. */
export function otherProtocol(source: Buffer, from: number, end: number): string | undefined {
  const beginning = source.subarray(from, Math.min(end, from + LONGEST_BEGINNING));
  const found = PROTOCOLS.find(({ begins }) => begins(beginning));
  return found === undefined ? undefined : `it looks like ${found.name}: ${found.remedy}`;
}

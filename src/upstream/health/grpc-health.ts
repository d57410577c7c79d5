// The two messages of gRPC's health checking protocol, by hand. Source: grpc/health/v1/health.proto; protobuf's encoding;
// gRPC over HTTP/2, "Length-Prefixed-Message".

export const HEALTH_CHECK_PATH = '/grpc.health.v1.Health/Check';

const PREFIX_BYTES = 5;
/** Field 1 of HealthCheckRequest, a string. */
const SERVICE_TAG = 0x0a;
/** Field 1 of HealthCheckResponse, an enum. */
const STATUS_TAG = 0x08;
const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;
/** No varint of protobuf is longer. */
const LONGEST_VARINT = 10;

const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

export type ServingStatus = (typeof STATUSES)[number];

/** HealthCheckRequest as a message on the wire. @param service empty for the server as a whole */
export function healthCheckRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message =
    name.length === 0 ? name : Buffer.concat([Buffer.from([SERVICE_TAG, ...varint(name.length)]), name]);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** The status in a HealthCheckResponse with its prefix; undefined when it is none, or compressed. */
export function servingStatus(wire: Buffer): ServingStatus | undefined {
  if (wire.length < PREFIX_BYTES || wire[0] !== 0) return undefined;
  const end = PREFIX_BYTES + wire.readUInt32BE(1);
  if (end > wire.length) return undefined;
  let status: number | undefined = 0;
  for (let at = PREFIX_BYTES; at < end; ) {
    const tag = readVarint(wire, at, end);
    if (tag === undefined) return undefined;
    at = tag.next;
    const value = readVarint(wire, at, end);
    switch (tag.value & 7) {
      case VARINT:
        if (value === undefined) return undefined;
        if (tag.value === STATUS_TAG) status = value.value;
        at = value.next;
        break;
      case LENGTH_DELIMITED:
        if (value === undefined) return undefined;
        at = value.next + value.value;
        break;
      case FIXED_64:
        at += 8;
        break;
      case FIXED_32:
        at += 4;
        break;
      default:
        return undefined;
    }
    if (at > end) return undefined;
  }
  return STATUSES[status];
}

function varint(value: number): number[] {
  const bytes = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return [...bytes, rest];
}

function readVarint(
  wire: Buffer,
  from: number,
  end: number,
): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  for (let index = 0; index < LONGEST_VARINT && from + index < end; index++) {
    const byte = wire[from + index] as number;
    value += (byte & 0x7f) * 128 ** index;
    if (byte < 0x80) return { value, next: from + index + 1 };
  }
  return undefined;
}

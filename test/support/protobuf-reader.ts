// The wire format of protocol buffers (protobuf.dev, "Encoding"), as far as a test needs it to look into a message.

interface Field {
  readonly number: number;
  /** The content; for a varint its value as eight bytes. */
  readonly content: Buffer;
  readonly isVarint: boolean;
}

function fields(message: Buffer): Field[] {
  const found: Field[] = [];
  let at = 0;
  const readVarint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) throw new Error('a protobuf message ends in the middle of a number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = Number(readVarint());
    const wireType = tag & 7;
    const content = Buffer.alloc(8);
    if (wireType === 0) {
      content.writeBigUInt64LE(BigInt.asUintN(64, readVarint()));
      found.push({ number: tag >> 3, content, isVarint: true });
      continue;
    }
    const length = wireType === 1 ? 8 : wireType === 5 ? 4 : Number(readVarint());
    if (at + length > message.length) throw new Error('a protobuf message ends in the middle of a field');
    found.push({ number: tag >> 3, content: message.subarray(at, at + length), isVarint: false });
    at += length;
  }
  return found;
}

/** Every value of a field that is not a varint. */
export function messages(message: Buffer, field: number): Buffer[] {
  return fields(message)
    .filter(({ number, isVarint }) => number === field && !isVarint)
    .map(({ content }) => content);
}

export function text(message: Buffer, field: number): string | undefined {
  return messages(message, field)[0]?.toString();
}

export function varint(message: Buffer, field: number): number | undefined {
  const found = fields(message).find(({ number, isVarint }) => number === field && isVarint);
  return found === undefined ? undefined : Number(found.content.readBigUInt64LE());
}

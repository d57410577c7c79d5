// Content of gRPC-Web in base64. What is sent piece by piece is padded piece by piece, so that the whole need not be
// one base64 text. Source: grpc/grpc, doc/PROTOCOL-WEB.md ("Text-encoded (response) streams").

const PIECES = /[^=]+=*/g;
const PIECE = /^[A-Za-z0-9+/]+={0,2}$/;

/** The most characters that so many bytes take when they were encoded in one piece. */
export function textLength(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** Undefined for what is not base64. */
export function decodedText(content: Buffer): Buffer | undefined {
  const pieces = content.toString('latin1').match(PIECES) ?? [];
  let length = 0;
  for (const piece of pieces) {
    if (piece.length % 4 !== 0 || !PIECE.test(piece)) return undefined;
    length += piece.length;
  }
  if (length !== content.length) return undefined;
  const decoded = pieces.map((piece) => Buffer.from(piece, 'base64'));
  return decoded.length === 1 ? decoded[0] : Buffer.concat(decoded);
}

/** A piece of its own. */
export function encodedText(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('base64'), 'latin1');
}

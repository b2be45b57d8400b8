const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 as text; a byte that is none becomes `\xNN`, so that a log shows what was there and not only that it was odd. */
export function decodeBytes(data: Uint8Array): string {
  try {
    return STRICT.decode(data);
  } catch {
    return decodeWithFaults(data);
  }
}

function decodeWithFaults(data: Uint8Array): string {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  let text = '';
  let start = 0;
  for (let at = 0; at < buffer.length; ) {
    const length = sequenceLength(buffer, at);
    if (length === 0) {
      text += buffer.toString('utf8', start, at) + hex(buffer[at] ?? 0);
      start = at + 1;
    }
    at += Math.max(1, length);
  }
  return text + buffer.toString('utf8', start);
}

/** How many bytes the character at `at` takes; 0 when it is no valid one. */
function sequenceLength(buffer: Buffer, at: number): number {
  const first = buffer[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  const valid = buffer.subarray(at, at + length).toString('utf8');
  // A replacement character stands for a fault unless the three bytes spell it themselves.
  const spelt = first === 0xef && buffer[at + 1] === 0xbf && buffer[at + 2] === 0xbd;
  return valid.length > 0 && (spelt || !valid.includes('\ufffd')) ? length : 0;
}

function hex(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

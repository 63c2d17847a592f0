/**
 * Bytes for people: sixteen to a line, with their offset, in hexadecimal and as ASCII.
 */

/** The first `limit` bytes, a line for every sixteen, and a line that counts the rest. Empty for no bytes. */
export function hexDump(data: Uint8Array, limit: number): string {
  const lines: string[] = [];
  const end = Math.min(data.length, limit);
  for (let offset = 0; offset < end; offset += 16) {
    const row = data.subarray(offset, Math.min(offset + 16, end));
    let hex = '';
    let text = '';
    row.forEach((byte, i) => {
      hex += `${i === 8 ? '  ' : ' '}${byte.toString(16).padStart(2, '0')}`;
      text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
    });
    lines.push(`${offset.toString(16).padStart(4, '0')} ${hex.padEnd(49)}  ${text}`);
  }
  if (end < data.length) lines.push(`… and ${data.length - end} more`);
  return lines.join('\n');
}

/// <reference types="node" preserve="true" />
/** Files, for what is described by the name of one: keys and certificates of endpoints. */
import { readFile as read } from 'node:fs/promises';

/** The content of a file. Rejects with the system's error. */
export function readFile(path: string): Promise<Buffer> {
  return read(path);
}

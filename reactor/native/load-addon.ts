/// <reference types="node" preserve="true" />
/**
 * Finds the addon: the binary in the platform package, an optional dependency that is there or not. What is there and
 * cannot be used (of another version, for another C library) counts as not there; `NODE_DEBUG=plait` says so.
 */
import { createRequire } from 'node:module';
import { debuglog } from 'node:util';
import type { Addon } from './addon.js';

/** Of the interface in addon.ts: raised with every change of it. The build gives the number to the addon, too. */
export const ADDON_VERSION = 2;

/** The addon of this process, or undefined where there is none. Looked for once. */
export function loadAddon(): Addon | undefined {
  found ??= { addon: findAddon() };
  return found.addon;
}

/** Where the addon may be, and what reads it: a test has its own. */
export interface AddonSource {
  readonly platform: string;
  readonly arch: string;
  /** The binary of `PLAIT_ADDON` (another build of it), if that is set. */
  readonly file: string | undefined;
  /** Loads a package's binary or a file. */
  readonly load: (name: string) => unknown;
  /** Takes a line for whoever looks for the reason. */
  readonly log: (text: string) => void;
}

/** Looks for an addon that fits. Never throws. */
export function findAddon(source: AddonSource = ofThisProcess()): Addon | undefined {
  const { platform, arch, file, log } = source;
  if (platform !== 'linux' || arch !== 'x64') return undefined;
  const name = file ?? PACKAGE;
  try {
    const addon = source.load(name) as Partial<Addon> | null | undefined;
    if (addon?.version === ADDON_VERSION) return addon as Addon;
    log(`native network: ${name} has version ${String(addon?.version)} of the addon, not ${ADDON_VERSION}`);
  } catch (error) {
    // Not to have it is usual; not to be able to use it is not.
    const { code, message } = error as NodeJS.ErrnoException;
    if (file !== undefined || code !== 'MODULE_NOT_FOUND') log(`native network: ${name} cannot be loaded: ${message}`);
  }
  return undefined;
}

const PACKAGE = '@plait/linux-x64';

let found: { readonly addon: Addon | undefined } | undefined;

function ofThisProcess(): AddonSource {
  return {
    platform: process.platform,
    arch: process.arch,
    file: process.env['PLAIT_ADDON'] || undefined,
    load: createRequire(import.meta.url),
    log: debuglog('plait'),
  };
}

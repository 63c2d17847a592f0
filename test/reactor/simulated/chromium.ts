/**
 * A page in a headless Chromium, driven through the DevTools protocol over a pipe: no package, no network, and the page
 * is the very file, whatever its content security policy.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { findTool } from './find-tool.js';

/** The browser on this machine, if there is one. */
export const CHROMIUM: string | undefined = findTool('chromium', 'chromium-browser', 'google-chrome');

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-sync',
  '--hide-scrollbars',
  '--remote-debugging-pipe',
];

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** An answer, or an event. */
interface Message {
  id?: number;
  result?: unknown;
  error?: { message: string };
  method?: string;
  params?: { args?: unknown; exceptionDetails?: unknown };
}

/** One browser with one page. Close it. */
export class Browser {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #exited: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<string, () => void>();
  /** Messages of the pages' consoles, and their uncaught exceptions. */
  readonly log: string[] = [];
  #session: string | undefined;
  #next = 1;

  private constructor(path: string) {
    this.#profile = mkdtempSync(join(tmpdir(), 'plait-chromium-'));
    this.#child = spawn(path, [...FLAGS, `--user-data-dir=${this.#profile}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
    void this.#exited.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error('The browser has exited'));
    });
    let rest = Buffer.alloc(0);
    (this.#child.stdio[4] as Readable).on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(0); end !== -1; end = rest.indexOf(0)) {
        this.#receive(JSON.parse(rest.toString('utf8', 0, end)) as Message);
        rest = rest.subarray(end + 1);
      }
    });
    (this.#child.stdio[3] as Writable).on('error', () => {});
  }

  /** Starts `path` with a page of `width` by `height` pixels. */
  static async start(path: string, width: number, height: number): Promise<Browser> {
    const browser = new Browser(path);
    try {
      const { targetId } = await browser.send<{ targetId: string }>('Target.createTarget', { url: 'about:blank' });
      const { sessionId } = await browser.send<{ sessionId: string }>('Target.attachToTarget', {
        targetId,
        flatten: true,
      });
      browser.#session = sessionId;
      await browser.send('Page.enable');
      await browser.send('Runtime.enable');
      const metrics = { width, height, deviceScaleFactor: 1, mobile: false };
      await browser.send('Emulation.setDeviceMetricsOverride', metrics);
      return browser;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  /** Opens a file and waits until it has loaded. */
  async open(file: string): Promise<void> {
    const loaded = new Promise<void>((resolve) => this.#listeners.set('Page.loadEventFired', resolve));
    await this.send('Page.navigate', { url: pathToFileURL(file).href });
    await loaded;
  }

  /** The value of an expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const params = { expression, returnByValue: true, awaitPromise: true };
    const answer = await this.send<{ result: { value: T }; exceptionDetails?: unknown }>('Runtime.evaluate', params);
    if (answer.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails));
    return answer.result.value;
  }

  async hover(x: number, y: number): Promise<void> {
    await this.send('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y });
  }

  async click(x: number, y: number): Promise<void> {
    const left = { x, y, button: 'left', clickCount: 1 };
    await this.send('Input.dispatchMouseEvent', { type: 'mousePressed', ...left });
    await this.send('Input.dispatchMouseEvent', { type: 'mouseReleased', ...left });
  }

  async pressTab(): Promise<void> {
    const key = { key: 'Tab', code: 'Tab', windowsVirtualKeyCode: 9 };
    await this.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...key });
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
  }

  async prefer(scheme: 'light' | 'dark'): Promise<void> {
    const features = [{ name: 'prefers-color-scheme', value: scheme }];
    await this.send('Emulation.setEmulatedMedia', { features });
  }

  /** What the window shows, as a PNG. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.send<{ data: string }>('Page.captureScreenshot', { format: 'png' });
    return Buffer.from(data, 'base64');
  }

  async close(): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
    this.send('Browser.close', {}, false).catch(() => undefined);
    await this.#exited;
    clearTimeout(timer);
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  /** A command of the DevTools protocol; to the page once there is one. */
  send<T = unknown>(method: string, params: object = {}, toPage = true): Promise<T> {
    const id = this.#next++;
    const sessionId = toPage ? this.#session : undefined;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
      (this.#child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  #receive(message: Message): void {
    if (message.id !== undefined) {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if (message.error !== undefined) waiting?.reject(new Error(message.error.message));
      else waiting?.resolve(message.result);
      return;
    }
    if (message.method === 'Runtime.consoleAPICalled') this.log.push(JSON.stringify(message.params?.args));
    if (message.method === 'Runtime.exceptionThrown') this.log.push(JSON.stringify(message.params?.exceptionDetails));
    this.#listeners.get(message.method ?? '')?.();
  }
}

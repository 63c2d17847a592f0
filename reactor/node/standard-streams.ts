/**
 * The standard streams of the process as one connection: what arrives on standard input, and what is written to standard
 * output. They are the process's, so they are borrowed: they can't be closed, and are given back when the connection ends.
 * There is one such connection at a time.
 */
import { AlreadyConnectedError, NotSupportedError } from '../../lib/errors.js';
import type { StreamAddress } from '../../lib/stream.js';
import type { StreamSink, StreamSocket } from '../network.js';

/** Begins to read once `accept` has given the sink. @throws AlreadyConnectedError while there is another such connection. */
export function openStandardStreams(accept: (socket: StreamSocket) => StreamSink): void {
  if (taken) throw new AlreadyConnectedError('The standard streams have a protocol already');
  const socket = new StandardStreams();
  taken = true;
  try {
    socket.begin(accept(socket));
  } catch (error) {
    taken = false;
    throw error;
  }
}

/** Of the process, as the streams are. */
let taken = false;

const NOWHERE: StreamAddress = Object.freeze({ type: 'UNIX', path: '' });

class StandardStreams implements StreamSocket {
  readonly local: StreamAddress = NOWHERE;
  readonly peer: StreamAddress = NOWHERE;
  queued = 0;
  readonly #input: NodeJS.ReadStream = process.stdin;
  readonly #output: NodeJS.WriteStream = process.stdout;
  #sink: StreamSink | undefined;
  #watching = false;
  #paused = false;
  #endTold = false;
  /** What is to happen once all has left. */
  #asked: 'nothing' | 'finish' | 'close' = 'nothing';
  #over = false;

  begin(sink: StreamSink): void {
    this.#sink = sink;
    this.#input.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError);
    this.#output.on('error', this.#onError);
    if (this.#paused) this.#input.pause();
  }

  write(data: Uint8Array | string): void {
    if (this.#over) return;
    const copy = Buffer.from(data as string);
    this.queued += copy.length;
    this.#output.write(copy, (error) => {
      this.queued -= copy.length;
      if (error) this.#end(error);
      else if (this.queued === 0) this.#left();
    });
  }

  flush(): void {}

  watchDrain(on: boolean): void {
    this.#watching = on;
  }

  finish(): void {
    this.#ask('finish');
  }

  close(): void {
    this.#ask('close');
  }

  abort(): void {
    setImmediate(() => this.#end(null));
  }

  pause(): void {
    this.#paused = true;
    if (this.#sink !== undefined) this.#input.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#sink === undefined || this.#over) return;
    if (this.#input.readableEnded) setImmediate(() => this.#tellEnd());
    else this.#input.resume();
  }

  setNoDelay(): void {}

  setKeepAlive(): void {}

  startTLS(_options: unknown, _isServer: boolean, done: (error: Error) => void): void {
    setImmediate(() => {
      done(new NotSupportedError('startTLS', 'the standard streams are not a connection of the network'));
      this.#end(null);
    });
  }

  #ask(what: 'finish' | 'close'): void {
    this.#asked = what;
    if (this.queued === 0) setImmediate(() => this.#left());
  }

  /** What follows when nothing is queued any more. */
  #left(): void {
    if (this.queued > 0 || this.#over) return;
    const asked = this.#asked;
    this.#asked = 'nothing';
    if (asked === 'close') this.#end(null);
    else if (asked === 'finish') this.#sink?.finished();
    else if (this.#watching) this.#sink?.drained();
  }

  readonly #onData = (data: Buffer | string): void => {
    this.#sink?.data(typeof data === 'string' ? Buffer.from(data) : data);
  };

  readonly #onEnd = (): void => this.#tellEnd();

  /** Once; and not while it is paused. */
  #tellEnd(): void {
    if (this.#endTold || this.#paused || this.#over) return;
    this.#endTold = true;
    this.#sink?.ended();
  }

  readonly #onError = (error: Error): void => this.#end(error);

  #end(error: Error | null): void {
    if (this.#over) return;
    this.#over = true;
    this.#giveBack(error);
    this.#sink?.closed(error);
  }

  #giveBack(error: Error | null): void {
    taken = false;
    this.#input.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError);
    // Nobody reads any more, so nothing of it keeps the process alive.
    this.#input.pause();
    // What is still queued may fail yet, and a failed write is told a second time: that concerns nobody then.
    if (this.queued === 0 && error === null) this.#output.off('error', this.#onError);
  }
}

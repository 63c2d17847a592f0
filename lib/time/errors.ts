/**
 * The errors of timers: misuse of a DelayedCall, of the fake Clock, of a LoopingCall.
 */
import { PlaitError } from '../errors.js';
import type { DelayedCall } from './delayed-call.js';
import type { LoopingCall } from './looping-call.js';

/** `cancel`, `delay` or `reset` of a call that has run, or is running. */
export class AlreadyCalled extends PlaitError {
  override readonly name: string = 'AlreadyCalled';
  /** The call in question. */
  readonly call: DelayedCall;

  constructor(call: DelayedCall) {
    super('ERR_PLAIT_DELAYED_CALL_CALLED', `Called already: ${call.toString()}`);
    this.call = call;
  }
}

/** `cancel`, `delay` or `reset` of a call that was cancelled. */
export class AlreadyCancelled extends PlaitError {
  override readonly name: string = 'AlreadyCancelled';
  /** The call in question. */
  readonly call: DelayedCall;

  constructor(call: DelayedCall) {
    super('ERR_PLAIT_DELAYED_CALL_CANCELLED', `Cancelled already: ${call.toString()}`);
    this.call = call;
  }
}

/** A method that makes time pass was called by a call that it runs itself. */
export class ReentrantCallError extends PlaitError {
  override readonly name: string = 'ReentrantCallError';
  /** The method: `advance`, say. */
  readonly method: string;

  constructor(method: string) {
    super('ERR_PLAIT_REENTRANT_CALL', `${method}() was called from inside a call that it, or its like, is running`);
    this.method = method;
  }
}

/** Calls that schedule calls for the same instant, again and again, so that time would stand still for ever. */
export class EndlessChainError extends PlaitError {
  override readonly name: string = 'EndlessChainError';
  /** The call at which the chain was cut. */
  readonly call: DelayedCall;

  constructor(call: DelayedCall, generations: number) {
    super('ERR_PLAIT_ENDLESS_CHAIN', `${generations} generations of calls at one instant; cut at ${call.toString()}`);
    this.call = call;
  }
}

/** `start` of a LoopingCall that runs, or whose last call is not finished yet. */
export class LoopingCallAlreadyRunning extends PlaitError {
  override readonly name: string = 'LoopingCallAlreadyRunning';
  /** The loop in question. */
  readonly loop: LoopingCall<unknown>;

  constructor(loop: LoopingCall<unknown>) {
    super(
      'ERR_PLAIT_LOOPING_CALL_ALREADY_RUNNING',
      loop.running ? 'The loop is running already' : 'The loop is stopped, but its last call is not finished yet',
    );
    this.loop = loop;
  }
}

/** `stop` or `reset` of a LoopingCall that does not run. */
export class LoopingCallNotRunning extends PlaitError {
  override readonly name: string = 'LoopingCallNotRunning';
  /** The loop in question. */
  readonly loop: LoopingCall<unknown>;

  constructor(loop: LoopingCall<unknown>) {
    super('ERR_PLAIT_LOOPING_CALL_NOT_RUNNING', 'The loop is not running');
    this.loop = loop;
  }
}

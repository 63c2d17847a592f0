import { expect } from 'chai';
import { describe, it } from 'mocha';
import { PlaitError } from '../../../lib/errors.js';
import { Clock } from '../../../lib/time/clock.js';
import {
  AlreadyCalled,
  AlreadyCancelled,
  EndlessChainError,
  LoopingCallAlreadyRunning,
  LoopingCallNotRunning,
  ReentrantCallError,
} from '../../../lib/time/errors.js';
import { LoopingCall } from '../../../lib/time/looping-call.js';

describe('The errors of timers', () => {
  const clock = new Clock();
  const call = clock.callLater(1, function poll() {});
  const loop = new LoopingCall(clock, () => {});
  const all: [PlaitError, string, string, object][] = [
    [new AlreadyCalled(call), 'AlreadyCalled', 'ERR_PLAIT_DELAYED_CALL_CALLED', { call }],
    [new AlreadyCancelled(call), 'AlreadyCancelled', 'ERR_PLAIT_DELAYED_CALL_CANCELLED', { call }],
    [new ReentrantCallError('advance'), 'ReentrantCallError', 'ERR_PLAIT_REENTRANT_CALL', { method: 'advance' }],
    [new EndlessChainError(call, 7), 'EndlessChainError', 'ERR_PLAIT_ENDLESS_CHAIN', { call }],
    [
      new LoopingCallAlreadyRunning(loop),
      'LoopingCallAlreadyRunning',
      'ERR_PLAIT_LOOPING_CALL_ALREADY_RUNNING',
      { loop },
    ],
    [new LoopingCallNotRunning(loop), 'LoopingCallNotRunning', 'ERR_PLAIT_LOOPING_CALL_NOT_RUNNING', { loop }],
  ];
  for (const [error, name, code, facts] of all) {
    it(`${name} is a PlaitError with its own name, code and facts`, () => {
      expect(error).to.be.an.instanceOf(PlaitError);
      expect(error.name).to.equal(name);
      expect(error.name).to.equal(error.constructor.name);
      expect(error.code).to.equal(code);
      expect(error).to.include(facts);
      expect(error.message).not.to.equal('');
    });
  }

  it('have codes of their own', () => {
    expect(new Set(all.map(([error]) => error.code)).size).to.equal(all.length);
  });
});

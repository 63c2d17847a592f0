import { expect } from 'chai';
import fc from 'fast-check';
import { beforeEach, describe, it } from 'mocha';
import sinon from 'sinon';
import { Deferred, type Origin, type SystemEventTrigger, type TriggerPhase, UnknownTriggerError } from '../../index.js';
import { SystemEvents } from '../../reactor/system-events.js';

const PHASES: readonly TriggerPhase[] = ['before', 'during', 'after'];

describe('SystemEvents', () => {
  let reports: { error: Error; origin: Origin }[];
  let events: SystemEvents;
  let order: string[];
  const note = (name: string) => (): void => void order.push(name);

  beforeEach(() => {
    reports = [];
    order = [];
    events = new SystemEvents((error, origin) => void reports.push({ error, origin }));
  });

  it('passes on the arguments of a trigger', () => {
    const f = sinon.spy();
    events.add('during', 'event', f, [1, 'two', undefined]);
    events.fire('event');
    expect(f.args).to.deep.equal([[1, 'two', undefined]]);
  });

  it('takes any name for an event', () => {
    for (const name of ['', '__proto__', 'constructor', 'two words']) events.add('before', name, note(name), []);
    for (const name of ['', '__proto__', 'constructor', 'two words', 'toString']) events.fire(name);
    expect(order).to.deep.equal(['', '__proto__', 'constructor', 'two words']);
  });

  it('refuses another phase, and what is no function', () => {
    expect(() => events.add('amid' as TriggerPhase, 'event', () => {}, [])).to.throw(RangeError, 'amid');
    expect(() => events.add('before', 'event', 7 as never, [])).to.throw(TypeError);
    events.fire('event');
    expect(reports).to.deep.equal([]);
  });

  describe('with a step of the reactor', () => {
    const triggers = (): void => {
      for (const phase of PHASES) events.add(phase, 'event', note(phase), []);
    };

    it('takes it between the before and the during triggers, and says when all is over', () => {
      triggers();
      events.fire('event', note('core'), note('done'));
      expect(order).to.deep.equal(['before', 'core', 'during', 'after', 'done']);
    });

    it('takes it though there is no trigger', () => {
      events.fire('event', note('core'), note('done'));
      expect(order).to.deep.equal(['core', 'done']);
    });

    it('runs the during triggers at once, and the after triggers when the step is done', () => {
      triggers();
      const step = new Deferred<void>();
      events.fire('event', () => step, note('done'));
      expect(order).to.deep.equal(['before', 'during']);
      step.callback();
      expect(order).to.deep.equal(['before', 'during', 'after', 'done']);
    });

    it('reports a step that throws, and goes on', () => {
      triggers();
      const error = new Error('on purpose');
      const step = (): never => {
        throw error;
      };
      events.fire('event', step, note('done'));
      expect(order).to.deep.equal(['before', 'during', 'after', 'done']);
      expect(reports.map((report) => report.error)).to.deep.equal([error]);
      expect(reports[0]!.origin.hook).to.equal('trigger');
    });

    it('takes it after the event where that is being fired without it', () => {
      const wait = new Deferred<void>();
      events.add('before', 'event', () => wait, []);
      triggers();
      events.fire('event');
      events.fire('event', note('core'), note('done'));
      expect(order).to.deep.equal(['before']);
      wait.callback();
      expect(order).to.deep.equal(['before', 'during', 'after', 'core', 'done']);
    });
  });

  describe('abandoned', () => {
    it('runs no further phase, and may be fired again with what it has not run', () => {
      const wait = new Deferred<void>();
      events.add('before', 'event', () => wait, []);
      events.add('during', 'event', note('during'), []);
      events.fire('event', note('core'), note('done'));
      events.abandon('event');
      wait.callback();
      expect(order).to.deep.equal([]);
      events.fire('event', note('second core'), note('second done'));
      expect(order).to.deep.equal(['second core', 'during', 'second done']);
    });

    it('by a trigger runs none of the others of its phase', () => {
      events.add('during', 'event', () => events.abandon('event'), []);
      events.add('during', 'event', note('other'), []);
      events.fire('event', note('core'), note('done'));
      expect(order).to.deep.equal(['core']);
      events.fire('event');
      expect(order).to.deep.equal(['core', 'other']);
    });

    it('takes no notice when what the first firing waited for ends during the second', () => {
      const [first, second] = [new Deferred<void>(), new Deferred<void>()];
      events.add('before', 'event', () => first, []);
      events.fire('event');
      events.abandon('event');
      events.add('before', 'event', () => second, []);
      events.add('during', 'event', note('during'), []);
      events.fire('event');
      first.callback();
      expect(order).to.deep.equal([]);
      second.callback();
      expect(order).to.deep.equal(['during']);
    });

    it('is harmless where nothing is being fired', () => {
      events.abandon('event');
      events.add('during', 'event', note('during'), []);
      events.fire('event');
      expect(order).to.deep.equal(['during']);
    });
  });

  describe('awaiting', () => {
    it('takes thenables of others for promises, and believes their first answer only', async () => {
      type Then = (done: () => void, failed: (error: unknown) => void) => void;
      const thenables: Then[] = [
        (done) => {
          done();
          done();
        },
        (_, failed) => {
          failed(new Error('on purpose'));
          failed(new Error('twice'));
        },
        (done) => {
          done();
          throw new Error('too late');
        },
        () => {
          throw new Error('at once');
        },
      ];
      for (const then of thenables) events.add('before', 'event', () => ({ then }), []);
      events.add('before', 'event', async () => order.push('before'), []);
      events.add('during', 'event', note('during'), []);
      events.fire('event');
      await new Promise((resolve) => setImmediate(resolve));
      expect(order).to.deep.equal(['before', 'during']);
      expect(reports.map(({ error }) => error.message)).to.deep.equal(['on purpose', 'at once']);
    });

    it('goes on although what was awaited fails without an Error', async () => {
      events.add('before', 'event', () => Promise.reject(undefined), []);
      events.add('during', 'event', note('during'), []);
      events.fire('event');
      await new Promise((resolve) => setImmediate(resolve));
      expect(order).to.deep.equal(['during']);
      expect(reports.map(({ error }) => error.name)).to.deep.equal(['ThrownValueError']);
    });

    it('leaves a trigger for the before phase that is added during the wait to the next firing', () => {
      const wait = new Deferred<void>();
      events.add('before', 'event', () => wait, []);
      events.fire('event');
      events.add('before', 'event', note('late'), []);
      wait.callback();
      expect(order).to.deep.equal([]);
      events.fire('event');
      expect(order).to.deep.equal(['late']);
    });
  });

  describe('whatever is done in whatever order', () => {
    type Action =
      | { do: 'add'; phase: TriggerPhase; waits: boolean }
      | { do: 'remove' | 'settle' | 'fail'; which: number }
      | { do: 'fire' }
      | { do: 'abandon' };
    const which = fc.nat({ max: 20 });
    const action = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant('add' as const),
          phase: fc.constantFrom(...PHASES),
          waits: fc.boolean(),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), which }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('settle' as const, 'fail' as const), which }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('fire' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('abandon' as const) }) },
    ) as fc.Arbitrary<Action>;

    /** One trigger, as the model knows it. */
    interface Known {
      readonly trigger: SystemEventTrigger;
      readonly wait: Deferred<void> | undefined;
      state: 'waiting' | 'ran' | 'removed';
      /** Which firing ran it. */
      firing: number;
    }

    it('runs each trigger at most once, in its phase, after all waits, and none that was removed', () => {
      fc.assert(
        fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
          const failures: Error[] = [];
          const tested = new SystemEvents((error) => {
            if (error.message !== 'on purpose') failures.push(error); // of an expectation inside a trigger
          });
          const known: Known[] = [];
          let firing = 0;
          let over = true;
          const run = (each: Known): Deferred<void> | undefined => {
            expect(over, 'a trigger runs while the event is being fired').to.equal(false);
            expect(each.state).to.equal('waiting');
            each.state = 'ran';
            each.firing = firing;
            const phase = PHASES.indexOf(each.trigger.phase);
            for (const other of known.filter((one) => one.firing === firing && one !== each)) {
              const otherPhase = PHASES.indexOf(other.trigger.phase);
              expect(otherPhase, 'no earlier phase comes after a later').to.be.at.most(phase);
              if (otherPhase === 0 && phase > 0 && other.wait !== undefined) expect(other.wait.called).to.equal(true);
            }
            return each.wait;
          };
          for (const each of actions) {
            if (each.do === 'add') {
              const one: Known = {
                trigger: tested.add(each.phase, 'event', () => run(one), []),
                wait: each.waits ? new Deferred<void>() : undefined,
                state: 'waiting',
                firing: 0,
              };
              known.push(one);
            } else if (each.do === 'fire') {
              if (!over) {
                tested.fire('event');
                continue;
              }
              firing++;
              over = false;
              tested.fire(
                'event',
                () => {},
                () => {
                  over = true;
                },
              );
            } else if (each.do === 'abandon') {
              tested.abandon('event');
              over = true;
            } else {
              const one = known[each.which % Math.max(known.length, 1)];
              if (one === undefined) continue;
              if (each.do === 'settle' && one.wait?.called === false) one.wait.callback();
              if (each.do === 'fail' && one.wait?.called === false) {
                if (one.state === 'ran') one.wait.errback(new Error('on purpose'));
                else one.wait.callback();
              }
              if (each.do !== 'remove') continue;
              const harmless = one.state === 'waiting' || (one.state === 'ran' && !over && one.firing === firing);
              if (harmless) {
                tested.remove(one.trigger);
                one.firing = one.state === 'ran' ? -1 : 0;
                one.state = 'removed';
              } else expect(() => tested.remove(one.trigger)).to.throw(UnknownTriggerError);
            }
          }
          // Nothing is lost either: once every wait has ended, a last firing runs all that was added and not removed.
          for (const one of known) if (one.wait?.called === false) one.wait.callback();
          expect(over).to.equal(true);
          firing++;
          over = false;
          tested.fire(
            'event',
            () => {},
            () => {
              over = true;
            },
          );
          expect(over).to.equal(true);
          expect(known.filter(({ state }) => state === 'waiting')).to.deep.equal([]);
          expect(failures).to.deep.equal([]);
        }),
        { numRuns: 300 },
      );
    });
  });
});

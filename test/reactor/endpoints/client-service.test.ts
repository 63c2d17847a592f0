import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import sinon from 'sinon';
import {
  CancelledError,
  ClientService,
  type ClientServiceOptions,
  Clock,
  ConnectionDone,
  ConnectionLost,
  Deferred,
  fail,
  Protocol,
  type StreamClientEndpoint,
  type StreamHandler,
} from '../../../index.js';
import { assertNoResult, failureResultOf, successResultOf } from '../../../testing.js';
import { nextLost } from '../../lost-errors.js';
import { FakeEndpoint } from './fake-endpoint.js';
import { Recorder, recorders } from './recorder.js';

/** A clock with chance that is none: waits are as long as they can be. */
class Time extends Clock {
  random(): number {
    return 0;
  }

  randomBytes(size: number): Buffer {
    return Buffer.alloc(size);
  }
}

interface Scene {
  readonly clock: Time;
  readonly endpoint: FakeEndpoint;
  readonly service: ClientService<Recorder>;
}

/** A service that waits 1, 2, 3 … seconds after failures, unless told otherwise. */
function scene(options: Partial<ClientServiceOptions<Recorder>> = {}): Scene {
  const clock = new Time();
  const endpoint = new FakeEndpoint(clock);
  const service = new ClientService(endpoint, () => new Recorder(), {
    reactor: clock,
    retryPolicy: (failures) => failures,
    ...options,
  });
  return { clock, endpoint, service };
}

function started(options: Partial<ClientServiceOptions<Recorder>> = {}): Scene {
  const made = scene(options);
  made.service.startService();
  return made;
}

const refused = new Error('refused');

describe('a client service', () => {
  it('connects when it is started, not when it is made', () => {
    const { endpoint, service } = scene();
    expect(service.state).to.equal('idle');
    expect(endpoint.attempts).to.have.length(0);
    service.startService();
    expect(service.state).to.equal('connecting');
    expect(endpoint.attempts).to.have.length(1);
  });

  it('is started once, however often it is asked to', () => {
    const { endpoint, service, clock } = started();
    service.startService();
    endpoint.last.succeed();
    service.startService();
    endpoint.last.lose();
    service.startService();
    expect(endpoint.attempts).to.have.length(1);
    clock.advance(1);
    expect(endpoint.attempts).to.have.length(2);
  });

  it('refuses what is no factory', () => {
    const { endpoint, clock } = scene();
    expect(() => new ClientService(endpoint, {} as never, { reactor: clock })).to.throw(TypeError);
  });

  it('takes a factory, and starts nothing of it by itself', () => {
    const { endpoint, clock } = scene();
    const factory = recorders();
    const service = new ClientService(endpoint, factory, { reactor: clock });
    service.startService();
    endpoint.last.succeed();
    expect(factory.built).to.deep.equal([endpoint.last.protocol]);
    expect(factory.told).to.deep.equal([]);
  });

  it('connects again after a failure, later each time', () => {
    const { endpoint, clock, service } = started();
    const times: number[] = [];
    for (let failures = 0; failures < 4; failures++) {
      endpoint.last.fail(refused);
      expect(service.state).to.equal('waiting');
      const before = endpoint.attempts.length;
      while (endpoint.attempts.length === before) clock.advance(0.5);
      times.push(clock.seconds());
      expect(service.state).to.equal('connecting');
    }
    expect(times).to.deep.equal([1, 3, 6, 10]);
  });

  it('connects again when the connection is lost', () => {
    const { endpoint, clock, service } = started();
    endpoint.last.succeed();
    expect(service.state).to.equal('connected');
    endpoint.last.lose();
    expect(service.state).to.equal('waiting');
    clock.advance(0.9);
    expect(endpoint.attempts).to.have.length(1);
    clock.advance(0.1);
    expect(endpoint.attempts).to.have.length(2);
    endpoint.last.succeed();
    expect(service.state).to.equal('connected');
  });

  it('begins to wait anew after a success', () => {
    const { endpoint, clock } = started();
    for (const wait of [1, 2, 3]) {
      endpoint.last.fail(refused);
      clock.advance(wait);
    }
    endpoint.last.succeed();
    endpoint.last.lose();
    clock.advance(1);
    expect(endpoint.attempts).to.have.length(5);
    endpoint.last.fail(refused);
    clock.advance(1.9);
    expect(endpoint.attempts).to.have.length(5);
    clock.advance(0.1);
    expect(endpoint.attempts).to.have.length(6);
  });

  it('asks its policy, which draws from the reactor', () => {
    const policy = sinon.fake((failures: number, random: () => number) => failures + random());
    const { clock, endpoint } = started({ retryPolicy: policy });
    clock.random = () => 0.25;
    endpoint.last.fail(refused);
    clock.advance(1.2);
    expect(endpoint.attempts).to.have.length(1);
    clock.advance(0.05);
    expect(endpoint.attempts).to.have.length(2);
    expect(policy.callCount).to.equal(1);
  });

  it('has a policy of its own: a second at first', () => {
    const { endpoint, clock } = scene();
    new ClientService(endpoint, recorders(), { reactor: clock }).startService();
    endpoint.last.fail(refused);
    clock.advance(1);
    expect(endpoint.attempts).to.have.length(2);
  });

  it('tells of each wait: why, after how many failures, and for how long', () => {
    const retrying = sinon.fake();
    const { endpoint, clock } = started({ retrying });
    endpoint.last.fail(refused);
    clock.advance(1);
    endpoint.last.succeed();
    const reset = new Error('reset');
    endpoint.last.lose(reset);
    expect(retrying.args[0]).to.deep.equal([refused, 1, 1]);
    expect(retrying.args[1]!.slice(1)).to.deep.equal([1, 1]);
    expect(retrying.args[1]![0]).to.be.instanceOf(ConnectionLost).and.to.have.property('cause', reset);
  });

  it('goes on where that throws, which is an unhandled rejection', async () => {
    const { endpoint, clock } = started({
      retrying() {
        throw new Error('no log');
      },
    });
    const lost = nextLost('unhandledRejection');
    endpoint.last.fail(refused);
    expect(await lost).to.include({ message: 'no log' });
    clock.advance(1);
    expect(endpoint.attempts).to.have.length(2);
  });

  it('gives up when the policy says Infinity', () => {
    const { endpoint, service, clock } = started({ retryPolicy: (failures) => (failures > 2 ? Infinity : 1) });
    const waiting = service.whenConnected();
    for (let i = 0; i < 3; i++) {
      endpoint.last.fail(refused);
      clock.advance(1);
    }
    expect(endpoint.attempts).to.have.length(3);
    expect(service.state).to.equal('stopped');
    expect(failureResultOf(waiting)).to.equal(refused);
    service.startService();
    expect(endpoint.attempts).to.have.length(4);
  });

  for (const [what, retryPolicy, type] of [
    [
      'throws',
      (): number => {
        throw new Error('no idea');
      },
      Error,
    ],
    ['says what is no time', () => Number.NaN, RangeError],
    ['says a time that is over', () => -1, RangeError],
  ] as const) {
    it(`gives up when the policy ${what}: the error goes to who waits`, () => {
      const { endpoint, service } = started({ retryPolicy });
      const waiting = service.whenConnected();
      endpoint.last.fail(refused);
      failureResultOf(waiting, type);
      expect(service.state).to.equal('stopped');
    });
  }

  it('gives up when the policy throws and nobody waits: an unhandled rejection', async () => {
    const { endpoint } = started({
      retryPolicy() {
        throw new Error('no idea');
      },
    });
    const lost = nextLost('unhandledRejection');
    endpoint.last.fail(refused);
    expect(await lost).to.include({ message: 'no idea' });
  });

  it('takes what an endpoint throws for a failure', () => {
    const { clock } = scene();
    const endpoint: StreamClientEndpoint = {
      connect() {
        throw refused;
      },
    };
    const service = new ClientService(endpoint, recorders(), { reactor: clock });
    service.startService();
    expect(service.state).to.equal('waiting');
    failureResultOf(
      service.stopService().addCallback(() => {
        throw new Error('stopped');
      }),
    );
  });

  it('hears of the end also where connectionLost throws', () => {
    const { endpoint, clock } = scene();
    class Broken extends Protocol {
      override connectionLost(): void {
        throw new Error('broken');
      }
    }
    const service = new ClientService(endpoint, () => new Broken(), { reactor: clock });
    service.startService();
    endpoint.last.succeed();
    expect(() => endpoint.last.lose()).to.throw('broken');
    expect(service.state).to.equal('waiting');
  });

  it('takes plain objects with hooks for protocols', () => {
    const { endpoint, clock } = scene();
    const handlers: StreamHandler[] = [];
    const [made, lost, prepared] = [sinon.fake(), sinon.fake(), sinon.fake()];
    const make = (): StreamHandler => {
      const handler = { connectionMade: () => made(), connectionLost: () => lost() };
      handlers.push(handler);
      return handler;
    };
    const service = new ClientService(endpoint, make, { reactor: clock, prepareConnection: prepared });
    service.startService();
    endpoint.last.succeed();
    expect(successResultOf(service.whenConnected())).to.equal(handlers[0]);
    expect(prepared.args).to.deep.equal([[handlers[0]]]);
    endpoint.last.lose();
    expect(service.state).to.equal('waiting');
    clock.advance(1);
    endpoint.last.succeed();
    const stopped = service.stopService();
    clock.advance(0);
    successResultOf(stopped);
    expect([made.callCount, lost.callCount, handlers.length]).to.deep.equal([2, 2, 2]);
  });

  it('leaves the protocol as it was', () => {
    const { endpoint } = started();
    endpoint.last.succeed();
    endpoint.last.lose();
    expect(Object.hasOwn(endpoint.last.protocol!, 'connectionLost')).to.equal(false);
    expect((endpoint.last.protocol as Recorder).told).to.deep.equal(['made', 'lost']);
  });
});

describe('whenConnected', () => {
  it('has the protocol of the connection that there is', () => {
    const { endpoint, service } = started();
    endpoint.last.succeed();
    expect(successResultOf(service.whenConnected())).to.equal(endpoint.last.protocol);
  });

  it('waits for the connection, before the service is started too', () => {
    const { endpoint, service, clock } = scene();
    const before = service.whenConnected();
    service.startService();
    const meanwhile = service.whenConnected();
    endpoint.last.fail(refused);
    const afterwards = service.whenConnected();
    clock.advance(1);
    for (const each of [before, meanwhile, afterwards]) assertNoResult(each);
    endpoint.last.succeed();
    for (const each of [before, meanwhile, afterwards]) expect(successResultOf(each)).to.equal(endpoint.last.protocol);
  });

  it('waits for the next connection when one was lost', () => {
    const { endpoint, service, clock } = started();
    endpoint.last.succeed();
    const first = endpoint.last.protocol;
    endpoint.last.lose();
    const waiting = service.whenConnected();
    assertNoResult(waiting);
    clock.advance(1);
    endpoint.last.succeed();
    expect(successResultOf(waiting)).to.equal(endpoint.last.protocol).and.not.to.equal(first);
  });

  it('fails after as many failures as it is told, counted from then on', () => {
    const { endpoint, service, clock } = started();
    const [one, three, ever] = [service.whenConnected(1), service.whenConnected(3), service.whenConnected()];
    endpoint.last.fail(refused);
    expect(failureResultOf(one)).to.equal(refused);
    const two = service.whenConnected(2);
    clock.advance(1);
    endpoint.last.fail(refused);
    assertNoResult(three);
    assertNoResult(two);
    clock.advance(2);
    const last = new Error('last');
    endpoint.last.fail(last);
    expect(failureResultOf(three)).to.equal(last);
    expect(failureResultOf(two)).to.equal(last);
    assertNoResult(ever);
    clock.advance(3);
    endpoint.last.succeed();
    successResultOf(ever);
  });

  it('counts anew after a success', () => {
    const { endpoint, service, clock } = started();
    endpoint.last.fail(refused);
    clock.advance(1);
    endpoint.last.succeed();
    endpoint.last.lose();
    const waiting = service.whenConnected(2);
    clock.advance(1);
    endpoint.last.fail(refused);
    assertNoResult(waiting);
    clock.advance(2);
    endpoint.last.succeed();
    successResultOf(waiting);
  });

  for (const failures of [0, -1, 1.5, Number.NaN, Infinity, '1']) {
    it(`refuses to fail after ${JSON.stringify(failures)} (${String(failures)}) failures`, () => {
      expect(() => started().service.whenConnected(failures as number)).to.throw(RangeError);
    });
  }

  it('waits no longer when it is cancelled; the service and others go on', () => {
    const { endpoint, service } = started();
    const [mine, others] = [service.whenConnected(), service.whenConnected()];
    mine.cancel();
    failureResultOf(mine, CancelledError);
    expect(service.state).to.equal('connecting');
    expect(endpoint.last.cancelled).to.equal(false);
    endpoint.last.succeed();
    successResultOf(others);
  });

  it('is cancelled by a signal, and has its reason', () => {
    const { service, endpoint } = started();
    const controller = new AbortController();
    const waiting = service.whenConnected(undefined, { signal: controller.signal });
    const why = new Error('changed my mind');
    controller.abort(why);
    expect(failureResultOf(waiting)).to.equal(why);
    endpoint.last.succeed();
    expect(failureResultOf(service.whenConnected(1, { signal: controller.signal }))).to.equal(why);
  });

  it('may be called, and cancel others, by who has just been told', () => {
    const { endpoint, service } = started();
    const [first, second] = [service.whenConnected(1), service.whenConnected(1)];
    let again: Deferred<Recorder> | undefined;
    void first.addErrback(() => {
      second.cancel();
      again = service.whenConnected(1);
    });
    endpoint.last.fail(refused);
    failureResultOf(second);
    assertNoResult(again!);
  });

  it('fails once the service was stopped', () => {
    const { service } = started();
    const waiting = service.whenConnected();
    successResultOf(service.stopService());
    failureResultOf(waiting, CancelledError);
    failureResultOf(service.whenConnected(), CancelledError);
  });
});

describe('prepareConnection', () => {
  it('has the protocol before anybody else', () => {
    const told: string[] = [];
    const { endpoint, service } = started({
      prepareConnection: (protocol) => told.push(`prepared ${protocol.told.join()}`),
    });
    void service.whenConnected().addCallback(() => told.push('connected'));
    endpoint.last.succeed();
    expect(told).to.deep.equal(['prepared made', 'connected']);
  });

  it('is waited for, a Deferred as well as a promise', async () => {
    for (const wrap of [(d: Deferred<void>) => d, (d: Deferred<void>) => Promise.resolve(d)]) {
      const prepared = new Deferred<void>();
      const { endpoint, service } = started({ prepareConnection: () => wrap(prepared) });
      const waiting = service.whenConnected();
      endpoint.last.succeed();
      expect(service.state).to.equal('connecting');
      assertNoResult(waiting);
      prepared.callback();
      expect(await waiting).to.equal(endpoint.last.protocol);
      expect(service.state).to.equal('connected');
    }
  });

  for (const [how, prepareConnection] of [
    [
      'throws',
      () => {
        throw refused;
      },
    ],
    [
      'fails',
      () =>
        new Deferred<void>(undefined).addCallback(() => {
          throw refused;
        }),
    ],
  ] as const) {
    it(`that ${how} aborts the connection, and that was a failure`, () => {
      let inner: unknown;
      const { endpoint, service, clock } = started({
        prepareConnection: () => (inner = prepareConnection()),
      });
      const waiting = service.whenConnected(1);
      endpoint.last.succeed();
      if (inner instanceof Deferred) inner.callback(undefined);
      expect(failureResultOf(waiting)).to.equal(refused);
      expect(endpoint.last.transport.aborted).to.equal(true);
      expect(service.state).to.equal('waiting');
      clock.advance(1);
      expect(endpoint.attempts).to.have.length(2);
    });
  }

  it('is cancelled when the connection is lost meanwhile, and that was a failure', () => {
    let cancelled = 0;
    const { endpoint, service, clock } = started({ prepareConnection: () => new Deferred(() => cancelled++) });
    const waiting = service.whenConnected(1);
    endpoint.last.succeed();
    endpoint.last.lose();
    expect(cancelled).to.equal(1);
    failureResultOf(waiting, ConnectionDone);
    clock.advance(1);
    endpoint.last.succeed();
    endpoint.last.lose();
    clock.advance(1.9); // the second failure in a row
    expect(endpoint.attempts).to.have.length(2);
    clock.advance(0.1);
    expect(endpoint.attempts).to.have.length(3);
    successResultOf(service.stopService());
  });

  it('that is done when it is cancelled, because the connection was lost, has failed all the same', () => {
    const { endpoint, service } = started({ prepareConnection: () => new Deferred<void>((each) => each.callback()) });
    const waiting = service.whenConnected(1);
    endpoint.last.succeed();
    endpoint.last.lose();
    failureResultOf(waiting, ConnectionDone);
    expect(service.state).to.equal('waiting');
  });

  it('is cancelled when the service is stopped, which then closes the connection', () => {
    let cancelled = 0;
    const { endpoint, service, clock } = started({ prepareConnection: () => new Deferred(() => cancelled++) });
    endpoint.last.succeed();
    const stopped = service.stopService();
    expect(cancelled).to.equal(1);
    assertNoResult(stopped);
    expect(endpoint.last.transport.disconnecting).to.equal(true);
    clock.advance(0);
    successResultOf(stopped);
    expect((endpoint.last.protocol as Recorder).reason).to.be.instanceOf(ConnectionDone);
  });

  it('that has failed is not told of the end of its connection again', () => {
    const retrying = sinon.fake();
    const { endpoint, service, clock } = started({
      retrying,
      prepareConnection() {
        throw refused;
      },
    });
    endpoint.last.succeed();
    clock.advance(0.5);
    expect((endpoint.last.protocol as Recorder).told).to.deep.equal(['made', 'lost']);
    expect(retrying.callCount).to.equal(1);
    expect(service.state).to.equal('waiting');
  });
});

describe('stopService', () => {
  it('of a service that does not run fires at once', () => {
    const { service } = scene();
    const waiting = service.whenConnected();
    successResultOf(service.stopService());
    failureResultOf(waiting, CancelledError);
    successResultOf(service.stopService());
    expect(service.state).to.equal('stopped');
  });

  it('while connecting cancels the attempt', () => {
    const { endpoint, service, clock } = started();
    successResultOf(service.stopService());
    expect(endpoint.last.cancelled).to.equal(true);
    clock.advance(100);
    expect(endpoint.attempts).to.have.length(1);
    expect(clock.getDelayedCalls()).to.deep.equal([]);
  });

  it('while waiting ends the wait', () => {
    const { endpoint, service, clock } = started();
    endpoint.last.fail(refused);
    successResultOf(service.stopService());
    expect(clock.getDelayedCalls()).to.deep.equal([]);
    expect(service.state).to.equal('stopped');
  });

  it('while connected closes the connection, and fires when it is closed', () => {
    const { endpoint, service, clock } = started();
    endpoint.last.succeed();
    const stopped = service.stopService();
    expect(endpoint.last.transport.disconnecting).to.equal(true);
    expect(service.state).to.equal('stopping');
    assertNoResult(stopped);
    clock.advance(0);
    successResultOf(stopped);
    expect(service.state).to.equal('stopped');
    clock.advance(100);
    expect(endpoint.attempts).to.have.length(1);
  });

  it('while stopping waits for the same end', () => {
    const { endpoint, service, clock } = started();
    endpoint.last.succeed();
    const [first, second] = [service.stopService(), service.stopService()];
    assertNoResult(second);
    clock.advance(0);
    successResultOf(first);
    successResultOf(second);
  });

  it('may be given up waiting for', () => {
    const { endpoint, service, clock } = started();
    endpoint.last.succeed();
    const stopped = service.stopService();
    stopped.cancel();
    failureResultOf(stopped, CancelledError);
    clock.advance(0);
    expect(service.state).to.equal('stopped');
  });

  it('may be called by who has just been told', () => {
    const { endpoint, service, clock } = started();
    const waiting = service.whenConnected();
    let stopped: Deferred<void> | undefined;
    void waiting.addCallback(() => {
      stopped = service.stopService();
    });
    const other = service.whenConnected();
    endpoint.last.succeed();
    successResultOf(other); // there was a connection
    clock.advance(0);
    successResultOf(stopped!);
    expect(service.state).to.equal('stopped');
  });

  it('may be called while the endpoint is being asked', () => {
    const { endpoint, service } = scene();
    let stopped: Deferred<void> | undefined;
    endpoint.atOnce = () => {
      stopped = service.stopService();
    };
    service.startService();
    successResultOf(stopped!);
    expect(endpoint.last.cancelled).to.equal(true);
    expect(service.state).to.equal('stopped');
  });

  it('closes a connection that is made in spite of it', () => {
    const { endpoint, service, clock } = scene();
    endpoint.atOnce = (attempt) => {
      attempt.cancelled = true;
      void service.stopService();
      attempt.succeed();
    };
    service.startService();
    expect(service.state).to.equal('stopping');
    clock.advance(0);
    expect(service.state).to.equal('stopped');
  });

  it('is what await using does', async () => {
    const made = scene();
    {
      await using service = made.service;
      service.startService();
    }
    expect(made.service.state).to.equal('stopped');
    expect(made.endpoint.last.cancelled).to.equal(true);
  });
});

describe('startService', () => {
  it('of a stopped service connects anew', () => {
    const { endpoint, service } = started();
    endpoint.last.fail(refused);
    successResultOf(service.stopService());
    service.startService();
    expect(endpoint.attempts).to.have.length(2);
    endpoint.last.succeed();
    successResultOf(service.whenConnected());
  });

  it('while stopping connects when that is done', () => {
    const { endpoint, service, clock } = started();
    endpoint.last.succeed();
    const stopped = service.stopService();
    failureResultOf(service.whenConnected(), CancelledError);
    service.startService();
    expect(service.state).to.equal('restarting');
    const waiting = service.whenConnected();
    expect(endpoint.attempts).to.have.length(1);
    clock.advance(0);
    successResultOf(stopped);
    expect(endpoint.attempts).to.have.length(2);
    endpoint.last.succeed();
    successResultOf(waiting);
  });

  it('waits for the end of a connection that was aborted because its preparation failed, as stopService does', () => {
    const { endpoint, service, clock } = started({ prepareConnection: () => fail(refused) });
    endpoint.last.succeed();
    expect(service.state).to.equal('waiting');
    const stopped = service.stopService();
    assertNoResult(stopped);
    service.startService();
    expect(endpoint.attempts).to.have.length(1);
    clock.advance(0);
    successResultOf(stopped);
    expect((endpoint.attempts[0]!.protocol as Recorder).reason).to.be.an('error');
    expect(endpoint.attempts).to.have.length(2);
  });

  it('waits for the end of the connection that the policy has given up with', () => {
    const { endpoint, service, clock } = started({
      prepareConnection: () => fail(refused),
      retryPolicy: () => Infinity,
    });
    endpoint.last.succeed();
    expect(service.state).to.equal('stopped');
    service.startService();
    expect(service.state).to.equal('restarting');
    clock.advance(0);
    expect(service.state).to.equal('connecting');
    expect(endpoint.attempts).to.have.length(2);
  });

  it('while stopping is taken back by another stop', () => {
    const { endpoint, service, clock } = started();
    endpoint.last.succeed();
    const first = service.stopService();
    service.startService();
    const waiting = service.whenConnected();
    const second = service.stopService();
    failureResultOf(waiting, CancelledError);
    clock.advance(0);
    successResultOf(first);
    successResultOf(second);
    expect(service.state).to.equal('stopped');
    expect(endpoint.attempts).to.have.length(1);
  });
});

describe('a client service, whatever happens to it', () => {
  const commands = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('start', 'succeed', 'fail', 'lose', 'prepared', 'unprepared') },
      { weight: 1, arbitrary: fc.constantFrom('stop', 'wait', 'waitOnce', 'cancelWait', 'turn', 'advance') },
    ),
    { maxLength: 40 },
  );

  it('has one attempt or connection at most, tells each who waits once, and can be stopped', () => {
    fc.assert(
      fc.property(commands, (all) => {
        const preparing: Deferred<void>[] = [];
        const { endpoint, service, clock } = scene({
          prepareConnection() {
            const prepared = new Deferred<void>();
            preparing.push(prepared);
            return prepared;
          },
        });
        const stops: Deferred<void>[] = [];
        const waits: { waiting: Deferred<unknown>; told: number }[] = [];
        const wait = (failures?: number): void => {
          const waiting = service.whenConnected(failures);
          const each = { waiting: waiting as Deferred<unknown>, told: 0 };
          waits.push(each);
          void waiting.addBoth(() => void each.told++);
        };
        const open = (): number =>
          endpoint.attempts.filter(({ made, protocol }) =>
            protocol === undefined ? !made.called : (protocol as Recorder).reason === undefined,
          ).length;
        const steps: Record<string, () => void> = {
          start: () => service.startService(),
          stop: () => stops.push(service.stopService()),
          wait: () => wait(),
          waitOnce: () => wait(1),
          cancelWait: () => waits.at(-1)?.waiting.cancel(),
          turn: () => clock.advance(0),
          advance: () => clock.advance(100),
          succeed() {
            const { last } = endpoint;
            if (endpoint.attempts.length > 0 && !last.made.called) last.succeed();
          },
          fail() {
            if (endpoint.attempts.length > 0 && !endpoint.last.made.called) endpoint.last.fail(refused);
          },
          lose() {
            if (endpoint.attempts.length > 0 && endpoint.last.protocol !== undefined) endpoint.last.lose();
          },
          prepared() {
            if (preparing.length > 0 && !preparing.at(-1)!.called) preparing.at(-1)!.callback();
          },
          unprepared() {
            if (preparing.length > 0 && !preparing.at(-1)!.called) preparing.at(-1)!.errback(refused);
          },
        };
        for (const command of all) {
          steps[command]!();
          if (service.state === 'connected') successResultOf(service.whenConnected());
          // An aborted connection ends in the next turn, before another is made.
          expect(open()).to.be.at.most(1);
          expect(waits.every(({ told }) => told <= 1)).to.equal(true);
        }
        stops.push(service.stopService());
        clock.advance(0);
        clock.advance(1000);
        expect(service.state).to.equal('stopped');
        expect(open()).to.equal(0);
        expect(clock.getDelayedCalls()).to.deep.equal([]);
        for (const stop of stops) successResultOf(stop);
        for (const { told } of waits) expect(told).to.equal(1);
        expect(
          endpoint.attempts.filter(({ protocol }) => (protocol as Recorder | undefined)?.told.length === 1),
        ).to.deep.equal([]);
      }),
      { numRuns: 500 },
    );
  });
});

/**
 * System events: named, in three phases. All `before` triggers are called, and what they wait for is waited for; then
 * come `during`, then `after`. Each trigger runs once. A trigger that fails is reported and holds up nothing.
 *
 *     idle --fire--> before --all done--> during --> after --> idle
 *
 * A trigger is waiting until it is run or removed. An event that is being fired is not fired again inside that.
 */
import { toError, UnknownTriggerError } from '../lib/errors.js';
import type { Origin, SystemEventTrigger, TriggerPhase } from '../lib/interfaces.js';
import { whenDone } from './when-done.js';

/** What a reactor itself does in the `during` phase, before the triggers of that phase; what it returns is awaited. */
export type CoreStep = () => unknown;

export class SystemEvents {
  readonly #events = new Map<string, SystemEvent>();
  readonly #report: (error: Error, origin: Origin) => void;

  constructor(report: (error: Error, origin: Origin) => void) {
    this.#report = report;
  }

  /** @throws RangeError for a phase other than before, during, after. @throws TypeError when `f` is no function. */
  add(phase: TriggerPhase, event: string, f: (...args: never[]) => unknown, args: unknown[]): SystemEventTrigger {
    if (!PHASES.includes(phase)) throw new RangeError(`Not a phase of a system event: ${String(phase)}`);
    if (typeof f !== 'function') throw new TypeError('A system event trigger must be a function');
    const trigger = new Trigger(phase, event, () => f(...(args as never[])));
    this.#event(event).waiting[phase].push(trigger);
    return trigger;
  }

  /**
   * A trigger that has run in an event still being fired is removed without effect.
   * @throws UnknownTriggerError when it is not waiting.
   */
  remove(trigger: SystemEventTrigger): void {
    if (!(trigger instanceof Trigger)) throw new UnknownTriggerError();
    const event = this.#events.get(trigger.event);
    const list = event?.waiting[trigger.phase] ?? [];
    const index = list.indexOf(trigger);
    if (index !== -1) list.splice(index, 1);
    else if (event === undefined || event.run === undefined || !event.run.called.delete(trigger)) {
      throw new UnknownTriggerError();
    }
  }

  /** Fires `event`; `done` is called after its last phase, inside this call when nothing is waited for. */
  fire(event: string, core?: CoreStep, done?: () => void): void {
    const state = this.#event(event);
    if (state.run !== undefined) {
      // Fired by hand: the reactor's own step, and what waits for it, come when that is over.
      if (core !== undefined) state.run.next = () => this.fire(event, core, done);
      return;
    }
    const run: Run = { called: new Set(), next: undefined };
    state.run = run;
    this.#all(state, run, 'before', true, () => {
      let coreResult: unknown;
      try {
        coreResult = core?.();
      } catch (error) {
        this.#report(toError(error), { hook: 'trigger', source: state });
      }
      this.#all(state, run, 'during', false, () => {
        whenDone(coreResult, () => {
          if (state.run !== run) return;
          this.#all(state, run, 'after', false, () => {
            state.run = undefined;
            done?.();
            run.next?.();
          });
        });
      });
    });
  }

  /** Leaves an event that is being fired where it is: its further phases do not come. */
  abandon(event: string): void {
    this.#event(event).run = undefined;
  }

  #all(state: SystemEvent, run: Run, phase: TriggerPhase, wait: boolean, next: () => void): void {
    let pending = 1; // this loop itself, so that a trigger that ends the wait of an earlier one does not end the phase
    const one = (): void => {
      if (--pending === 0 && state.run === run) next();
    };
    let trigger: Trigger | undefined;
    while (state.run === run && (trigger = state.waiting[phase].shift()) !== undefined) {
      const source = trigger;
      const failed = (error: unknown): void => this.#report(toError(error), { hook: 'trigger', source });
      run.called.add(trigger);
      try {
        const result = trigger.call();
        if (wait) pending++;
        whenDone(result, wait ? one : undefined, failed);
      } catch (error) {
        failed(error);
      }
    }
    one();
  }

  #event(name: string): SystemEvent {
    let event = this.#events.get(name);
    if (event === undefined) {
      event = { name, run: undefined, waiting: { before: [], during: [], after: [] } };
      this.#events.set(name, event);
    }
    return event;
  }
}

const PHASES: readonly TriggerPhase[] = ['before', 'during', 'after'];

interface Run {
  readonly called: Set<Trigger>;
  /** Fires the event again when this is over. */
  next: (() => void) | undefined;
}

interface SystemEvent {
  readonly name: string;
  /** Set while the event is being fired. */
  run: Run | undefined;
  readonly waiting: Record<TriggerPhase, Trigger[]>;
}

class Trigger implements SystemEventTrigger {
  readonly phase: TriggerPhase;
  readonly event: string;
  readonly call: () => unknown;

  constructor(phase: TriggerPhase, event: string, call: () => unknown) {
    this.phase = phase;
    this.event = event;
    this.call = call;
  }
}

/** The arguments of a described endpoint, fitted to what its type takes. */
import type { Description } from './endpoint-description.js';
import { EndpointStringError } from './errors.js';

/** What a type of endpoint takes. */
export interface Parameters {
  /** Those that must be there, and may stand in this order without their names. */
  readonly places: readonly string[];
  /** Those that may be there, by their names only. */
  readonly names: readonly string[];
}

export class Arguments {
  readonly #text: string;
  readonly #values = new Map<string, string>();

  /**
   * What stands without its name takes the places that are left by what has one.
   * @throws EndpointStringError for an argument that the type does not take, or too many, or one given twice; and where one
   *   that must be there is not.
   */
  constructor(text: string, { positional, named }: Description, { places, names }: Parameters) {
    this.#text = text;
    for (const [name, value] of named) {
      if (!places.includes(name) && !names.includes(name)) {
        throw this.#wrong(`no argument ${JSON.stringify(name)}; there are ${[...places, ...names].join(', ')}`);
      }
      if (this.#values.has(name)) throw this.#wrong(`${name} is given twice`);
      this.#values.set(name, value);
    }
    const left = places.filter((place) => !this.#values.has(place));
    if (positional.length > left.length) {
      throw this.#wrong(`${JSON.stringify(positional[left.length])} is one too many; further arguments have names`);
    }
    positional.forEach((value, index) => this.#values.set(left[index]!, value));
    for (const place of places) this.text(place);
  }

  /** An argument, or undefined where it was left out. */
  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** An argument that must be there. @throws EndpointStringError */
  text(name: string): string {
    const value = this.#values.get(name);
    if (value === undefined || value === '') throw this.#wrong(`${name} is missing`);
    return value;
  }

  /** An argument that must be there and a number. @throws EndpointStringError */
  number(name: string): number {
    const value = this.text(name);
    if (!NUMBER.test(value)) throw this.#wrong(`${name} is a number, not ${JSON.stringify(value)}`);
    return Number(value);
  }

  /** Those of these arguments that are there, which must be numbers. @throws EndpointStringError */
  numbers<N extends string>(...names: N[]): { [name in N]?: number } {
    const found: { [name in N]?: number } = {};
    for (const name of names) if (this.#values.has(name)) found[name] = this.number(name);
    return found;
  }

  #wrong(reason: string): EndpointStringError {
    return new EndpointStringError(this.#text, reason);
  }
}

const NUMBER = /^\d+(?:\.\d+)?$/;

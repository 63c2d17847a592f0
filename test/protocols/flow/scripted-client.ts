/// <reference types="node" preserve="true" />
import type { Address, DatagramTransport } from '../../../index.js';
import type { SimulatedHost } from '../../../testing.js';
import { NAME, type Raw, type World } from './world.js';

/** A client that says what the test says, from one port. */
export class ScriptedClient {
  readonly raw: Raw;
  readonly port: DatagramTransport;
  readonly #world: World;

  constructor(world: World, host: SimulatedHost = world.client, port: number = 0) {
    this.#world = world;
    ({ raw: this.raw, port: this.port } = world.raw(host, port));
  }

  /** Sends a request, and lets it arrive, and the echo, if there is one. */
  request(name: string = NAME): void {
    this.port.write(name, this.#world.listening);
    this.#world.network.advance(0.01);
  }

  /** Sends to the port where an echo came from, the last one if it is not said which. */
  send(text: string, to: Address = this.raw.heard.at(-1)!.from): void {
    this.port.write(text, to);
    this.#world.network.advance(0.01);
  }

  /** The ports that the echoes came from. */
  get echoedFrom(): number[] {
    return this.raw.heard.filter(({ text }) => text === NAME).map(({ from }) => from.port);
  }
}

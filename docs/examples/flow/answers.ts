import { type FlowAllocator, type FlowHandler, FlowProtocol } from 'plait/protocols';

/** Who may use the vault; looked up somewhere, which takes a while. */
export type Guests = (host: string) => Promise<boolean>;

// region answers
/** An application that is open to all, one that takes so many at a time, and one that asks somebody first. */
export function registerAll(allocator: FlowAllocator, guests: Guests): void {
  allocator.register('echo', () => echo);

  const seats = new Set<Seat>();
  allocator.register('table', () => (seats.size < 4 ? new Seat(seats) : null));

  allocator.register('vault', async ({ peer }) => ((await guests(peer.host)) ? new FlowProtocol() : null));
}

/** A plain object will do, and may serve many flows: its hooks are given the flow. */
const echo: FlowHandler = {
  dataReceived(data, flow) {
    flow.write(data);
  },
};

class Seat extends FlowProtocol {
  readonly #seats: Set<Seat>;

  constructor(seats: Set<Seat>) {
    super();
    this.#seats = seats;
  }

  override flowAllocated(): void {
    this.#seats.add(this);
  }

  override flowDeallocated(): void {
    this.#seats.delete(this);
  }
}
// endregion

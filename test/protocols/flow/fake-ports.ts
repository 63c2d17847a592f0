/// <reference types="node" preserve="true" />
import { succeed } from '../../../index.js';
import { FlowAllocator, type FlowAllocatorOptions, type FlowReactor } from '../../../protocols/index.js';
import { Clock, FakeDatagramTransport } from '../../../testing.js';

/** What a test has of an allocator on fake ports. */
export interface FakePorts {
  readonly clock: Clock;
  /** In the order in which they were opened. */
  readonly ports: FakeDatagramTransport[];
  readonly allocator: FlowAllocator;
  /** Closes all ports, as a reactor does, just before what is due then. */
  closeAt(seconds: number): void;
}

/** An allocator on ports that have no network. */
export function onFakePorts(options: FlowAllocatorOptions): FakePorts {
  const clock = new Clock();
  const ports: FakeDatagramTransport[] = [];
  const reactor: FlowReactor = {
    seconds: () => clock.seconds(),
    callLater: (delay, f, ...args) => clock.callLater(delay, f, ...args),
    getDelayedCalls: () => clock.getDelayedCalls(),
    random: () => 0.5,
    randomBytes: (size) => Buffer.alloc(size),
    resolve: (name) => succeed(name),
    listenUDP(_port, protocol) {
      const transport = new FakeDatagramTransport({ clock, port: 4000 + ports.length });
      ports.push(transport);
      transport.start(protocol as never);
      return transport;
    },
  };
  const allocator = new FlowAllocator(reactor, options);
  const closeAt = (seconds: number): void => {
    clock.callLater(seconds, () => {
      for (const port of ports) void port.stopListening();
    });
  };
  return { clock, ports, allocator, closeAt };
}

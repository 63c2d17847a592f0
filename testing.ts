/// <reference types="node" preserve="true" />
/**
 * What tests use: the fake clock, the fake transport, looks into Deferreds, and the simulated network.
 */
export { Clock } from './lib/time/clock.js';
export type { LinkConditions } from './reactor/simulated/conditions.js';
export {
  ConditionError,
  HostDownError,
  HostExistsError,
  SimulationTimeoutError,
  UnknownHostError,
} from './reactor/simulated/errors.js';
export type { HostOptions, SimulatedHost } from './reactor/simulated/simulated-host.js';
export {
  type HostLike,
  SimulatedNetwork,
  type SimulatedNetworkOptions,
} from './reactor/simulated/simulated-network.js';
export type {
  DeliveredEvent,
  HostEvent,
  LinkEvent,
  LossReason,
  LostEvent,
  MembershipEvent,
  RefusedEvent,
  SegmentHeader,
  SentEvent,
  SocketEvent,
  TimerEvent,
  Trace,
  TraceEvent,
} from './reactor/simulated/trace.js';
export { explore, ExploreError, type ExploreOptions } from './testing/explore.js';
export {
  FakeDatagramTransport,
  type FakeDatagramTransportOptions,
  type WrittenDatagram,
} from './testing/fake-datagram-transport.js';
export { assertNoResult, failureResultOf, successResultOf, UnexpectedResultError } from './testing/results.js';
export { StringTransport, type StringTransportOptions } from './testing/string-transport.js';
export { type Scenario, simulation } from './testing/simulation.js';

/// <reference types="node" preserve="true" />
/**
 * Everything a program needs. The ready-made protocols are in `plait/protocols`, what tests use in `plait/testing`.
 */
export { type Address, canonicalHost, type InternetAddress, ipFamily, isMulticast } from './lib/address.js';
export { DatagramInbox, type DatagramInboxOptions, type ReceivedDatagram } from './lib/datagram-inbox.js';
export * from './lib/deferred/index.js';
export {
  AddressError,
  AlreadyConnectedError,
  BroadcastNotAllowedError,
  CannotListenError,
  ConnectError,
  DNSLookupError,
  InvalidAddressError,
  MessageLengthError,
  MulticastJoinError,
  NotConnectedError,
  NotSupportedError,
  PlaitError,
  ReactorAlreadyRunning,
  ReactorNotRunning,
  ThrownValueError,
  UndeliveredError,
  UnknownTriggerError,
} from './lib/errors.js';
export type {
  AdoptDatagramPortOptions,
  DatagramHandler,
  DatagramSocketOptions,
  DatagramStats,
  DatagramTransport,
  HookResult,
  ListenMulticastOptions,
  ListenUDPOptions,
  MulticastPort,
  MulticastTransport,
  Origin,
  ReactorCore,
  ReactorMulticast,
  ReactorRandom,
  ReactorSocket,
  ReactorTime,
  ReactorUDP,
  ResolveOptions,
  SystemEventTrigger,
  TriggerPhase,
  UDPPort,
} from './lib/interfaces.js';
export { DatagramProtocol } from './lib/protocol.js';
export type {
  ClientFactoryLike,
  Connector,
  ConnectTCPOptions,
  ConnectUNIXOptions,
  FactoryLike,
  ListenTCPOptions,
  ListenUNIXOptions,
  PeerCertificate,
  PullProducer,
  PushProducer,
  ReactorTCP,
  StreamAddress,
  StreamHandler,
  StreamTransport,
  TCPPort,
  TLSOptions,
  UnixAddress,
} from './lib/stream.js';
export * from './lib/stream-errors.js';
export { ClientFactory, Factory, type HalfCloseable, Protocol, type ProtocolClass } from './lib/stream-protocol.js';
export { Clock } from './lib/time/clock.js';
export { deferLater, type DeferLaterOptions } from './lib/time/defer-later.js';
export { DelayedCall } from './lib/time/delayed-call.js';
export { IdleTimeout } from './lib/time/idle-timeout.js';
export { LoopingCall } from './lib/time/looping-call.js';
export * from './lib/time/errors.js';
export { backoffPolicy, type BackoffOptions, type RetryPolicy } from './reactor/endpoints/backoff.js';
export {
  TCPClientEndpoint,
  type TCPClientEndpointOptions,
  UNIXClientEndpoint,
} from './reactor/endpoints/client-endpoints.js';
export {
  ClientService,
  type ClientServiceOptions,
  type ClientServiceState,
} from './reactor/endpoints/client-service.js';
export { connectProtocol } from './reactor/endpoints/connect-protocol.js';
export type {
  EndpointOptions,
  ProtocolBuilder,
  ProtocolSource,
  ReactorSSL,
  ReactorUNIX,
  StreamClientEndpoint,
  StreamServerEndpoint,
  TLSSource,
} from './reactor/endpoints/endpoint.js';
export { quoteStringArgument } from './reactor/endpoints/endpoint-description.js';
export {
  clientFromString,
  type ClientReactor,
  serverFromString,
  type ServerReactor,
} from './reactor/endpoints/endpoint-strings.js';
export { EndpointStringError } from './reactor/endpoints/errors.js';
export {
  HostnameEndpoint,
  type HostnameEndpointOptions,
  type HostnameReactor,
} from './reactor/endpoints/hostname-endpoint.js';
export {
  TCPServerEndpoint,
  type TCPServerEndpointOptions,
  UNIXServerEndpoint,
} from './reactor/endpoints/server-endpoints.js';
export { wrapClientTLS, type WrapClientTLSOptions } from './reactor/endpoints/wrap-client-tls.js';
export type {
  AdoptSpec,
  BindSpec,
  Channel,
  ConnectSpec,
  DatagramSink,
  DatagramSocket,
  Driver,
  ListenerSink,
  ListenSpec,
  Network,
  NetworkOwner,
  SocketOptions,
  StreamListener,
  StreamPlace,
  StreamSink,
  StreamSocket,
  TLSSession,
} from './reactor/network.js';
export { nativeNetwork } from './reactor/native/native-network.js';
export { nodeNetwork } from './reactor/node/node-network.js';
export { react } from './reactor/node/react.js';
export { type OpenHandle, Reactor, type ReactorEvents, type ReactorOptions } from './reactor/reactor.js';

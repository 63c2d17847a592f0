/**
 * The ready-made protocols: `plait/protocols`.
 */
export { Echo } from './echo.js';
export { Helloer } from './helloer.js';
export { MulticastClient, type MulticastOptions, MulticastServer, type MulticastServerOptions } from './multicast.js';
export { DgdClient, type DgdClientOptions } from './dgd/dgd-client.js';
export { DgdConnection } from './dgd/dgd-connection.js';
export { type DgdCounters, type DgdReactor, DgdServer, type DgdServerOptions } from './dgd/dgd-server.js';
export { ChallengeError, ChallengeInUseError, DatagramChannelNotOpenError } from './dgd/errors.js';
export { ByteInput } from './framing/byte-input.js';
export type { Decoder, Framing, LengthLimit } from './framing/decoder.js';
export { LengthLimitError, NetstringParseError, StringTooLongError } from './framing/errors.js';
export { FramedProtocol } from './framing/framed-protocol.js';
export {
  Int16StringReceiver,
  Int32StringReceiver,
  Int8StringReceiver,
  IntStringReceiver,
} from './framing/int-string-receivers.js';
export {
  int16Strings,
  int32Strings,
  int8Strings,
  type IntStringOptions,
  type PrefixLength,
} from './framing/int-strings.js';
export { LineOnlyReceiver } from './framing/line-only-receiver.js';
export { LineReceiver } from './framing/line-receiver.js';
export { type LineFormat, type LineOptions, lines } from './framing/lines.js';
export { MessageInbox, type MessageInboxOptions } from './framing/message-inbox.js';
export { NetstringReceiver } from './framing/netstring-receiver.js';
export { type NetstringOptions, netstrings } from './framing/netstrings.js';
export { IdleTimeout } from '../lib/time/idle-timeout.js';
export type { FlowAllocateOptions, FlowAllocatorOptions, FlowListenOptions } from './flow/allocator-options.js';
export { type FlowAwaited, FlowNameError, FlowTimeoutError, PeerGone } from './flow/errors.js';
export { FlowAllocator } from './flow/flow-allocator.js';
export type { FlowReactor } from './flow/flow-end.js';
export type { FlowRequestStats } from './flow/flow-listener.js';
export {
  type AcceptFlow,
  type Flow,
  type FlowAnswer,
  type FlowHandler,
  FlowProtocol,
  type FlowRequest,
  type FlowState,
  type FlowStats,
} from './flow/flow-protocol.js';
export * from './guaranteed/index.js';

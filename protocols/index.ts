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

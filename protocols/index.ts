/**
 * The ready-made protocols: `plait/protocols`.
 */
export { Echo } from './echo.js';
export { Helloer } from './helloer.js';
export { MulticastClient, type MulticastOptions, MulticastServer, type MulticastServerOptions } from './multicast.js';

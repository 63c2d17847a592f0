/** What makes protocols, in whichever form it was given; and factories in place of others. */
import type { InternetAddress } from '../../lib/address.js';
import type { StreamHandler } from '../../lib/stream.js';
import type { ProtocolBuilder, ProtocolSource } from './endpoint.js';

/** The builder that stands for what was given. @throws TypeError for what is no factory */
export function builderOf<P extends StreamHandler>(source: ProtocolSource<P>): ProtocolBuilder<P> {
  if (typeof source === 'function') return { buildProtocol: source };
  if (typeof source === 'object' && source !== null && typeof source.buildProtocol === 'function') return source;
  throw new TypeError('A factory has buildProtocol, or is a function');
}

/** A builder in place of another, which is started and stopped in its place. */
export function inPlaceOf<P extends StreamHandler>(
  builder: ProtocolBuilder<StreamHandler>,
  buildProtocol: (peer: InternetAddress) => P | null,
): ProtocolBuilder<P> {
  return {
    buildProtocol,
    doStart: () => builder.doStart?.(),
    doStop: () => builder.doStop?.(),
  };
}

import type { Address } from 'plait';
import { FlowProtocol } from 'plait/protocols';

// region directory
/** Tells where applications are: asked for a name, it answers `host port`, or nothing if it does not know. */
export class Directory extends FlowProtocol {
  readonly #places: ReadonlyMap<string, Address>;

  constructor(places: ReadonlyMap<string, Address>) {
    super();
    this.#places = places;
  }

  override dataReceived(data: Buffer): void {
    const place = this.#places.get(data.toString());
    this.flow.write(place === undefined ? '' : `${place.host} ${place.port}`);
  }
}
// endregion

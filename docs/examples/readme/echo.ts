import { type Address, DatagramProtocol } from 'plait';

export class Echo extends DatagramProtocol {
  override datagramReceived(data: Buffer, address: Address): void {
    this.transport.write(data, address);
  }
}

import { expect } from 'chai';
import { describe, it } from 'mocha';
import { AlreadyConnectedError, connectProtocol, TCPClientEndpoint, TCPServerEndpoint } from '../../../index.js';
import { failureResultOf, SimulatedNetwork, successResultOf } from '../../../testing.js';
import { Greeter, Recorder } from './recorder.js';

function scene(): { network: SimulatedNetwork; endpoint: TCPClientEndpoint } {
  const network = new SimulatedNetwork();
  const [server, client] = [network.host('server'), network.host('client')];
  void new TCPServerEndpoint(server.reactor, 80).listen(() => new Greeter());
  client.reactor.on('error', () => {});
  network.advance(0);
  return { network, endpoint: new TCPClientEndpoint(client.reactor, server.address, 80) };
}

describe('connectProtocol', () => {
  it('connects the protocol that it is given', () => {
    const { network, endpoint } = scene();
    const protocol = new Recorder();
    const connected = connectProtocol(endpoint, protocol);
    network.advance(1);
    expect(successResultOf(connected)).to.equal(protocol);
    expect(protocol.received).to.equal('hello');
  });

  it('connects a plain object with hooks', () => {
    const { network, endpoint } = scene();
    let heard = '';
    const handler = {
      dataReceived(data: Buffer): void {
        heard += data.toString();
      },
    };
    const connected = connectProtocol(endpoint, handler);
    network.advance(1);
    expect(successResultOf(connected)).to.equal(handler);
    expect(heard).to.equal('hello');
  });

  it('fails for a protocol that has had a connection', () => {
    const { network, endpoint } = scene();
    const protocol = new Recorder();
    void connectProtocol(endpoint, protocol);
    network.advance(1);
    const again = connectProtocol(endpoint, protocol);
    network.advance(1);
    failureResultOf(again, AlreadyConnectedError);
  });

  it('is cancelled by a signal', () => {
    const { network, endpoint } = scene();
    const controller = new AbortController();
    const protocol = new Recorder();
    const connected = connectProtocol(endpoint, protocol, { signal: controller.signal });
    const why = new Error('changed my mind');
    controller.abort(why);
    network.advance(1);
    expect(failureResultOf(connected)).to.equal(why);
    expect(protocol.told).to.deep.equal([]);
  });
});

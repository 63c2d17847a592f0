import assert from 'node:assert/strict';
import { it } from 'mocha';
import { SimulatedNetwork } from 'plait/testing';
import { Echo } from './echo.js';

it('echoes over a bad network, and the same seed is the same trouble', () => {
  const network = new SimulatedNetwork({ seed: 1, loss: 0.2, duplicate: 0.2, latency: [0.01, 0.5] });
  const [here, there] = [network.host('here'), network.host('there')];
  there.reactor.listenUDP(7, new Echo());
  const heard: string[] = [];
  const port = here.reactor.listenUDP(0, { datagramReceived: (data) => void heard.push(data.toString()) });

  for (const letter of 'abcde') port.write(letter, { host: there.address, port: 7 });
  network.advance(1); // a second, which takes no time

  assert.deepEqual(heard, ['c', 'e', 'b', 'e', 'a', 'e']); // d is lost, e came three times, and nothing in order
});

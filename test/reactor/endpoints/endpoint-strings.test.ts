import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  clientFromString,
  type Deferred,
  EndpointStringError,
  InvalidAddressError,
  quoteStringArgument,
  Reactor,
  serverFromString,
} from '../../../index.js';
import { parseDescription } from '../../../reactor/endpoints/endpoint-description.js';
import { failureResultOf, SimulatedNetwork, successResultOf } from '../../../testing.js';
import { Greeter, recorders } from './recorder.js';

describe('the description of an endpoint', () => {
  for (const [text, type, positional, named] of [
    ['tcp', 'tcp', [], []],
    ['tcp:80', 'tcp', ['80'], []],
    ['TCP:host:80', 'tcp', ['host', '80'], []],
    ['tcp:80:interface=127.0.0.1', 'tcp', ['80'], [['interface', '127.0.0.1']]],
    ['tcp:interface=127.0.0.1:80', 'tcp', ['80'], [['interface', '127.0.0.1']]],
    ['tcp:\\:\\:1:80', 'tcp', ['::1', '80'], []],
    ['unix:/a\\=b', 'unix', ['/a=b'], []],
    ['unix:path=/a=b', 'unix', [], [['path', '/a=b']]],
    ['unix:C\\:\\\\a', 'unix', ['C:\\a'], []],
    ['unix:\\a', 'unix', ['a'], []],
    ['unix:a\\', 'unix', ['a\\'], []],
    ['tcp::', 'tcp', ['', ''], []],
    ['tcp:=', 'tcp', [], [['', '']]],
    [
      'tcp:a=1:a=2',
      'tcp',
      [],
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    ['a=b:c', 'a=b', ['c'], []],
    ['', '', [], []],
  ] as const) {
    it(`is taken apart: ${JSON.stringify(text)}`, () => {
      expect(parseDescription(text)).to.deep.equal({ type, positional, named });
    });
  }

  it('gives back every argument that was quoted', () => {
    const name = fc.stringMatching(/^[a-zA-Z]+$/);
    const value = fc.string({ unit: 'grapheme' });
    const parts = fc.record({ positional: fc.array(value), named: fc.array(fc.tuple(name, value)) });
    fc.assert(
      fc.property(parts, ({ positional, named }) => {
        const written = [
          ...positional.map(quoteStringArgument),
          ...named.map(([key, text]) => `${key}=${quoteStringArgument(text)}`),
        ];
        const text = ['tcp', ...written].join(':');
        expect(parseDescription(text)).to.deep.equal({ type: 'tcp', positional, named });
      }),
    );
  });

  it('has as many arguments as it has colons that mean something', () => {
    const text = fc.array(fc.constantFrom(':', '=', '\\', 'a', 'é')).map((all) => all.join(''));
    fc.assert(
      fc.property(text, (given) => {
        const { positional, named } = parseDescription(given);
        const colons = given.replace(/\\[^]/g, '').split(':').length - 1;
        expect(positional.length + named.length).to.equal(colons);
      }),
    );
  });
});

/** Listens where one text says, and connects as the other says. Hosts: `server` (10.0.0.1, fd00::1) and `client`. */
function talk(server: string, client: string): { received: string; host: string; from: string } {
  const network = new SimulatedNetwork();
  const [here, there] = [network.host('server'), network.host('client')];
  const factory = recorders();
  void serverFromString(here.reactor, server).listen(factory);
  network.advance(0);
  factory.buildProtocol = () => {
    const greeter = new Greeter();
    factory.built.push(greeter);
    return greeter;
  };
  const connected = clientFromString(there.reactor, client).connect(recorders());
  network.advance(1);
  const protocol = successResultOf(connected);
  const peer = (address: object): string => (address as { host: string }).host;
  return {
    received: protocol.received,
    host: peer(protocol.transport.getPeer()),
    from: peer(factory.built[0]!.transport.getPeer()),
  };
}

describe('endpoints from strings', () => {
  for (const [server, client, host, from] of [
    ['tcp:80', 'tcp:10.0.0.1:80', '10.0.0.1', '10.0.0.2'],
    ['tcp:80', 'tcp:server:80', '10.0.0.1', '10.0.0.2'],
    ['tcp:port=80:interface=10.0.0.1', 'tcp:host=server:port=80', '10.0.0.1', '10.0.0.2'],
    ['TCP:80:backlog=50', 'Tcp:80:host=server:timeout=2.5', '10.0.0.1', '10.0.0.2'],
    ['tcp:80', 'tcp:server:80:bindAddress=10.0.0.2:attemptDelay=0.1', '10.0.0.1', '10.0.0.2'],
    ['tcp6:80', 'tcp:server:80', 'fd00::1', 'fd00::2'],
    ['tcp6:80', 'tcp6:server:80', 'fd00::1', 'fd00::2'],
    ['tcp6:80:interface=fd00\\:\\:1', 'tcp:fd00\\:\\:1:80', 'fd00::1', 'fd00::2'],
    [`tcp:80:interface=${quoteStringArgument('::')}`, 'tcp6:server:80', 'fd00::1', 'fd00::2'],
  ] as const) {
    it(`${server} and ${client}`, () => {
      expect(talk(server, client)).to.deep.equal({ received: 'hello', host, from });
    });
  }

  it('tcp listens on IPv4 only, tcp6 on both', () => {
    expect(() => talk('tcp:80', 'tcp6:server:80')).to.throw('refused');
    expect(talk('tcp6:80', 'tcp:10.0.0.1:80').received).to.equal('hello');
  });

  it('the timeout is heeded', () => {
    const network = new SimulatedNetwork();
    const { reactor } = network.host('client');
    const connected = clientFromString(reactor, 'tcp:10.9.9.9:80:timeout=2.5').connect(recorders());
    network.advance(3);
    expect(failureResultOf(connected)).to.include({ name: 'ConnectTimeoutError', timeout: 2.5 });
  });
});

describe('a string that describes no endpoint', () => {
  const { reactor } = new SimulatedNetwork().host('a');
  const refused = (make: (reactor: Reactor, text: string) => unknown, text: string): EndpointStringError => {
    try {
      make(reactor, text);
    } catch (error) {
      expect(error).to.be.instanceOf(EndpointStringError);
      return error as EndpointStringError;
    }
    throw new Error(`${text} was accepted`);
  };

  for (const [text, why] of [
    ['', 'no type ""; there are tcp, tcp6, ssl, unix'],
    ['udp:53', 'no type "udp"'],
    ['constructor:80', 'no type "constructor"'],
    ['80', 'no type "80"'],
    ['tcp', 'port is missing'],
    ['tcp:', 'port is missing'],
    ['tcp:port=', 'port is missing'],
    ['tcp:http', 'port is a number, not "http"'],
    ['tcp:0x50', 'port is a number'],
    ['tcp:-1', 'port is a number'],
    ['tcp:80.5', 'between 0 and 65535'],
    ['tcp:65536', 'between 0 and 65535'],
    ['tcp:80:81', '"81" is one too many'],
    ['tcp:80:port=81', '"80" is one too many'],
    ['tcp:port=80:port=81', 'port is given twice'],
    ['tcp:80:interfaces=10.0.0.1', 'no argument "interfaces"; there are port, interface, backlog'],
    ['tcp:80:toString=1', 'no argument "toString"'],
    ['tcp:80:interface=localhost', '"localhost"'],
    ['tcp:80:interface=::1', '"" is one too many'],
    ['tcp:80:backlog=many', 'backlog is a number'],
    ['tcp:80:backlog=0', 'backlog is an integer'],
    ['tcp6:80:interface=10.0.0.1', '"10.0.0.1": must be of IPv6'],
    ['unix', 'path is missing'],
    ['unix:/a:/b', '"/b" is one too many'],
    ['ssl:443', 'privateKey is missing'],
    ['ssl:443:privateKey=a:timeout=1', 'no argument "timeout"'],
  ] as const) {
    it(`for a server: ${JSON.stringify(text)}`, () => {
      const error = refused(serverFromString, text);
      expect(error.description).to.equal(text);
      expect(error.message)
        .to.include(why)
        .and.to.match(/^Invalid endpoint "/);
    });
  }

  for (const [text, why] of [
    ['tcp', 'host is missing'],
    ['tcp:server', 'port is missing'],
    ['tcp:80', 'port is missing'],
    ['tcp::80', 'host is missing'],
    ['tcp:server:0', 'between 1 and 65535'],
    ['tcp:server:80:443', '"443" is one too many'],
    ['tcp:server:80:timeout=soon', 'timeout is a number'],
    ['tcp:server:80:attemptDelay=0', 'attemptDelay is 0.01 seconds or more'],
    ['tcp:server:80:bindAddress=here', '"here"'],
    ['tcp:server:80:interface=10.0.0.1', 'no argument "interface"; there are host, port, timeout'],
    ['tcp6:10.0.0.1:80', '"10.0.0.1": must be of IPv6'],
    ['unix:/a:timeout=-1', 'timeout is a number'],
    ['ssl:server:443:caCertsDir=/etc/ssl', 'no argument "caCertsDir"'],
  ] as const) {
    it(`for a client: ${JSON.stringify(text)}`, () => {
      expect(refused(clientFromString, text).message).to.include(why);
    });
  }

  it('has what was wrong with an argument as its cause', () => {
    expect(refused(serverFromString, 'tcp:65536').cause).to.be.instanceOf(RangeError);
    expect(refused(serverFromString, 'tcp:80:interface=localhost').cause).to.be.instanceOf(InvalidAddressError);
  });

  it('is no string', () => {
    expect(() => serverFromString(reactor, 80 as never)).to.throw(TypeError);
  });

  it('is refused by name, or describes an endpoint', () => {
    const word = fc.constantFrom(
      'tcp',
      'tcp6',
      'ssl',
      'unix',
      'port',
      'host',
      'path',
      '80',
      '1.5',
      '::1',
      '\\',
      '=',
      ':',
    );
    fc.assert(
      fc.property(fc.array(word), (words) => {
        for (const make of [serverFromString, clientFromString]) {
          try {
            const endpoint: object = make(reactor, words.join(''));
            expect(endpoint).to.satisfy((each: object) => 'listen' in each || 'connect' in each);
          } catch (error) {
            expect(error).to.be.instanceOf(EndpointStringError);
          }
        }
      }),
    );
  });
});

describe('an ssl endpoint from a string', () => {
  it('fails for a file that it can not read, when it is used', async () => {
    const reactor = new Reactor();
    const missing = 'privateKey=no/such/file.pem';
    const tries: Deferred<unknown>[] = [
      serverFromString(reactor, `ssl:0:${missing}`).listen(recorders()),
      clientFromString(reactor, `ssl:localhost:443:${missing}`).connect(recorders()),
      clientFromString(reactor, 'ssl:localhost:443:ca=no/such/file.pem').connect(recorders()),
    ];
    for (const each of tries) {
      const error = await each.addCallbacks(
        () => undefined,
        (failure: Error) => failure,
      );
      expect(error).to.include({ code: 'ENOENT' });
    }
    expect(reactor.openHandles()).to.deep.equal([]);
  });
});

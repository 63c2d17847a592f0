import { readdir, readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import * as plait from '../../index.js';
import * as protocols from '../../protocols/index.js';
import * as testing from '../../testing.js';
import { toError } from '../../lib/errors.js';

const {
  AddressError,
  BroadcastNotAllowedError,
  CannotListenError,
  ConnectError,
  DNSLookupError,
  InvalidAddressError,
  MessageLengthError,
  MulticastJoinError,
  NotSupportedError,
  PlaitError,
  ThrownValueError,
} = plait;

type ErrorClass = new (...args: unknown[]) => plait.PlaitError;

/** The project's folder, seen from dist/test/lib. */
const ROOT = new URL('../../../', import.meta.url);

/** Answers whatever it is asked, with itself. */
const ANYTHING: unknown = new Proxy(() => {}, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => 'anything' : ANYTHING),
  apply: () => ANYTHING,
});

const exported = new Set(
  [plait, protocols, testing]
    .flatMap((module) => Object.values(module as Record<string, unknown>))
    .filter(isErrorClass),
);

describe('every error class that the package exports', () => {
  const samples = [...exported].map((each) => [each, sampleOf(each)] as const);

  for (const [{ name }, error] of samples) {
    it(`${name} is an Error and a PlaitError with the name of its class and a code`, () => {
      expect(error).to.be.instanceOf(Error);
      expect(error).to.be.instanceOf(PlaitError);
      expect(error.name).to.equal(name);
      expect(error.code).to.match(/^ERR_PLAIT_[A-Z]+(_[A-Z]+)*$/);
      expect(String(error).startsWith(name)).to.equal(true);
    });
  }

  it('has a code of its own', () => {
    const codes = samples.map(([, { code }]) => code);
    expect([...new Set(codes)]).to.deep.equal(codes);
  });

  it('includes those of Deferreds, timers and simulated networks', () => {
    expect([...exported].map(({ name }) => name)).to.include.members([
      'TimeoutError',
      'AlreadyCalled',
      'HostDownError',
    ]);
  });
});

describe('docs/errors.md', () => {
  it('has an entry for every error class, with its code and its fields', async () => {
    const entries = await documented();
    for (const errorClass of exported) {
      const entry = entries.get(errorClass.name);
      expect(entry, `an entry for ${errorClass.name}`).to.be.a('string');
      const error = sampleOf(errorClass);
      expect(entry).to.include(`\`${error.code}\``);
      expect(entry, errorClass.name).to.match(/\*\*When:\*\*[^]*\*\*Do:\*\*|^The base /m);
      for (const field of fieldsOf(error)) expect(entry, errorClass.name).to.include(`\`${field}\``);
    }
  });

  it('has entries for the base class and for classes there are only', async () => {
    const entries = await documented();
    expect(entries.has('PlaitError')).to.equal(true);
    const sources = await sourcesOf('lib', 'protocols', 'reactor', 'testing');
    for (const [name, text] of entries) {
      expect(sources.includes(`export class ${name} extends `), `a class ${name}`).to.equal(true);
      for (const [, code] of text.matchAll(/^`(ERR_PLAIT_\w+)`/gm)) expect(sources).to.include(`'${code}'`);
    }
  });
});

describe('the facts of an error', () => {
  const cause = Object.assign(new Error('bind EADDRINUSE 0.0.0.0:53'), { code: 'EADDRINUSE' });

  it('CannotListenError: the interface, the port, and the reason', () => {
    const error = new CannotListenError('0.0.0.0', 53, cause);
    expect(error).to.include({ interface: '0.0.0.0', port: 53, cause, code: 'ERR_PLAIT_CANNOT_LISTEN' });
    expect(error.message).to.equal("Couldn't listen on 0.0.0.0:53: bind EADDRINUSE 0.0.0.0:53");
  });

  it('CannotListenError: an IPv6 address stands in brackets', () => {
    expect(new CannotListenError('::1', 53, cause).message).to.include('[::1]:53');
  });

  it('InvalidAddressError: the address, quoted', () => {
    const error = new InvalidAddressError('', 'not a hostname');
    expect(error).to.include({ address: '', message: 'Invalid address "": not a hostname' });
    expect(error).to.not.have.property('cause');
  });

  it('AddressError: the address, if there is one', () => {
    const address = { host: '192.0.2.1', port: 7 };
    expect(new AddressError('why', address).address).to.equal(address);
    expect(new AddressError('why').address).to.equal(undefined);
  });

  it('MessageLengthError: how much it was, and how much it may be', () => {
    const error = new MessageLengthError(65508, 65507);
    expect(error).to.include({ length: 65508, limit: 65507 });
    expect(error.message).to.include('65508').and.include('65507');
  });

  it('BroadcastNotAllowedError: the host, and what to call', () => {
    const error = new BroadcastNotAllowedError('<broadcast>');
    expect(error.host).to.equal('<broadcast>');
    expect(error.message).to.include('setBroadcastAllowed(true)');
  });

  it('ConnectError: the peer, and the reason where there is one', () => {
    expect(new ConnectError('::1', 7, cause)).to.include({ host: '::1', port: 7, cause });
    const error = new ConnectError('192.0.2.1', 7);
    expect(error.message).to.equal("Couldn't connect to 192.0.2.1:7");
    expect(error).to.not.have.property('cause');
  });

  it('CannotListenError and ConnectError: the file of a UNIX socket has no port', () => {
    const { message } = new CannotListenError('/run/plait:7', 0, cause);
    expect(message).to.equal("Couldn't listen on /run/plait:7: bind EADDRINUSE 0.0.0.0:53");
    expect(new ConnectError('/run/plait', 0).message).to.equal("Couldn't connect to /run/plait");
  });

  it('MulticastJoinError: the group, and the interface where one was named', () => {
    expect(new MulticastJoinError('239.1.2.3', 'eth0', cause).message).to.match(/^Group 239\.1\.2\.3 on eth0: /);
    const error = new MulticastJoinError('239.1.2.3', '', cause);
    expect(error).to.include({ group: '239.1.2.3', interface: '', cause });
    expect(error.message).to.match(/^Group 239\.1\.2\.3: /);
  });

  it('DNSLookupError: the name, with a reason in words or as another error', () => {
    expect(new DNSLookupError('a.example', cause)).to.include({ hostname: 'a.example', cause });
    const error = new DNSLookupError('a.example', 'no answer');
    expect(error.message).to.equal('DNS lookup of "a.example" failed: no answer');
    expect(error).to.not.have.property('cause');
  });

  it('NotSupportedError: the feature, and why', () => {
    expect(new NotSupportedError('reusePort').feature).to.equal('reusePort');
    expect(new NotSupportedError('reusePort', 'why').message).to.equal('reusePort: why');
  });
});

describe('toError', () => {
  it('gives an Error as it is', () => {
    const error = new RangeError('x');
    expect(toError(error)).to.equal(error);
  });

  for (const [value, text] of [
    ['text', 'text'],
    [7, '7'],
    [undefined, 'undefined'],
    [null, 'null'],
    [{ some: 'object' }, '[object Object]'],
    [Symbol('s'), 'Symbol(s)'],
  ] as const) {
    it(`wraps ${text}, which stands in cause`, () => {
      const error = toError(value);
      expect(error).to.be.instanceOf(ThrownValueError);
      expect(error).to.have.property('cause', value);
      expect(error.message).to.equal(`Thrown, but no Error: ${text}`);
    });
  }

  it('wraps what has no text', () => {
    const nameless = Object.create(null) as object;
    expect(toError(nameless).message).to.equal('Thrown, but no Error: object');
  });
});

function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === 'function' && value.prototype instanceof PlaitError;
}

/** An error of a class of which nothing else is known: made without arguments, or with some that answer anything. */
function sampleOf(errorClass: ErrorClass): plait.PlaitError {
  try {
    return new errorClass();
  } catch {
    return new errorClass(...new Array<unknown>(5).fill(ANYTHING));
  }
}

function fieldsOf(error: Error): string[] {
  return Object.keys(error).filter((key) => key !== 'name' && key !== 'code');
}

/** The entries: class name to text. */
async function documented(): Promise<Map<string, string>> {
  const text = await readFile(new URL('docs/errors.md', ROOT), 'utf8');
  const entries = text.split(/^#{2,3} /m).filter((section) => section.startsWith('`'));
  return new Map(entries.map((entry) => [/^`(\w+)`/.exec(entry)![1]!, entry]));
}

async function sourcesOf(...folders: string[]): Promise<string> {
  const texts: string[] = [];
  for (const folder of folders) {
    for (const path of await readdir(new URL(folder, ROOT), { recursive: true })) {
      if (path.endsWith('.ts')) texts.push(await readFile(new URL(`${folder}/${path}`, ROOT), 'utf8'));
    }
  }
  return texts.join('\n');
}

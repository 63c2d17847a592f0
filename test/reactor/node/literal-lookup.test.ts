import { expect } from 'chai';
import { describe, it } from 'mocha';
import { literalLookup } from '../../../reactor/node/literal-lookup.js';

describe('the lookup of literals', () => {
  const answersTo = (host: string): unknown[][] => {
    const answers: unknown[][] = [];
    literalLookup(host, {}, (...answer) => answers.push(answer));
    return answers;
  };

  it('answers once, before it returns', () => {
    expect(answersTo('127.0.0.1')).to.have.lengthOf(1);
    expect(answersTo('example.org')).to.have.lengthOf(1);
  });

  for (const [host, family] of [
    ['127.0.0.1', 4],
    ['255.255.255.255', 4],
    ['::', 6],
    ['::ffff:10.0.0.1', 6],
    ['fe80::1%eth0', 6],
    ['::1%lo', 6],
  ] as const) {
    it(`answers ${host} with itself, of family ${family}`, () => {
      expect(answersTo(host)).to.deep.equal([[null, host, family]]);
    });
  }

  for (const host of ['localhost', 'example.org', '', '127.1', '1.2.3.4.5', 'fe80::1%', ':::']) {
    it(`does not know ${JSON.stringify(host)}`, () => {
      const [[error]] = answersTo(host) as [[Error & { code: string }]];
      expect(error).to.be.instanceOf(Error);
      expect(error.code).to.equal('ENOTFOUND');
      expect(error.message).to.include(host);
    });
  }

  it('takes whatever family dgram asks for and answers with that of the literal', () => {
    const families: number[] = [];
    literalLookup('::1', 4, (_error, _address, family) => families.push(family));
    expect(families).to.deep.equal([6]);
  });
});

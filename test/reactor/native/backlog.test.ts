import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { it } from 'mocha';
import { describeNative } from '../../contract/native-contract-network.js';
import { noNamespaceBecause, runInNamespace } from '../../contract/network-namespace.js';

describeNative('what the system does not take at once', () => {
  const because = noNamespaceBecause() ?? (spawnSync('tc', ['-V']).status === 0 ? undefined : 'there is no tc');
  if (because !== undefined) {
    it(`is NOT shown here: no narrow link can be made (${because})`, () => expect(because).to.be.a('string'));
    return;
  }

  it('leaves later, before the port is closed, and is dropped only beyond the bound', async () => {
    const output = await runInNamespace(fileURLToPath(new URL('./fixtures/narrow-link.js', import.meta.url)));
    const [few, many] = JSON.parse(output) as { dropped: number; late: boolean; reasons: string[] }[];
    expect(few).to.deep.equal({ count: 200, dropped: 0, late: true, reasons: [] });
    expect(many).to.deep.include({ count: 6000, late: true, reasons: ['ENOBUFS'] });
    expect(many!.dropped).to.be.within(1, 6000 - 4096);
  }).timeout(30_000);
});

/**
 * mocha's spec reporter, which also keeps its counts in a file as `{"passes":N,"failures":N}`, after each test, so that
 * they are there however the run ends:
 *
 *     MOCHA_OPTIONS='--reporter scripts/ci-reporter.mjs --reporter-option counts=FILE' npm test
 */
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = options.reporterOption?.counts;
    if (file === undefined) throw new Error('ci-reporter.mjs needs --reporter-option counts=FILE');
    const write = () => {
      const { passes, failures } = this.stats;
      writeFileSync(file, JSON.stringify({ passes, failures }));
    };
    for (const event of ['start', 'pass', 'fail']) runner.on(event, write);
  }
}

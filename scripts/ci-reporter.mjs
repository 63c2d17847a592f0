/**
 * mocha's spec reporter, which also leaves its counts in a file as `{"passes":N,"failures":N}`, however the run ends:
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
    const { stats } = this;
    process.once('exit', () => {
      writeFileSync(file, JSON.stringify({ passes: stats.passes, failures: stats.failures }));
    });
  }
}

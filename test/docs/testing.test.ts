/** The tests in docs/testing.md, run as they stand. */
import '../../docs/examples/testing/heartbeat.test.js';
import '../../docs/examples/testing/refusal.test.js';
import '../../docs/examples/testing/two-hosts.test.js';

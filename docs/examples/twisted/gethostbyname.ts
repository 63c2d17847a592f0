/** Prints the address of a host: `node gethostbyname.js HOSTNAME`. */
import { DNSLookupError, react, type ReactorCore, trap } from 'plait';

// region main
function printResult(address: string): void {
  console.log(address);
}

function printError(error: Error, hostname: string): void {
  trap(error, DNSLookupError);
  console.error(`ERROR: hostname not found '${hostname}'`);
}

export async function main(reactor: Pick<ReactorCore, 'resolve'>, ...argv: string[]): Promise<void> {
  const [hostname] = argv;
  if (hostname === undefined || argv.length > 1) {
    console.error('Usage: gethostbyname.js HOSTNAME');
    process.exitCode = 1;
    return;
  }
  await reactor
    .resolve(hostname)
    .addCallback(printResult)
    .addErrback((error) => printError(error, hostname));
}
// endregion

if (process.argv[1] === import.meta.filename) await react((reactor) => main(reactor, ...process.argv.slice(2)));

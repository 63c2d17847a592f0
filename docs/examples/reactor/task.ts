import { react } from 'plait';

await react(async (reactor) => {
  const addresses = await reactor.resolveAll(process.argv[2] ?? 'localhost');
  for (const address of addresses) console.log(address);
});

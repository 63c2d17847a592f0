/**
 * Measurements, by hand: `npm run bench -- [--rounds N] [--wait SECONDS] [names…]`. Nothing here is a test: the machine
 * decides. Where it is shared, `--wait 5` lets each round wait up to five seconds until nobody else works.
 */
import process from 'node:process';
import { bench } from './bench.js';

process.exitCode = await bench();

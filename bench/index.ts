/**
 * Measurements, by hand: `npm run bench -- [--rounds N] [names…]`. Nothing here is a test: the machine decides.
 */
import process from 'node:process';
import { bench } from './bench.js';

process.exitCode = await bench();

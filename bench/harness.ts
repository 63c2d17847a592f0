/**
 * Side-by-side measurements: rounds of each contender in turn (A B C A B C …), so that what else the machine does falls
 * on all alike; then the median of each with its quartiles, and what each is of those it is measured against.
 *
 * Ratios are taken round by round, between neighbours in time, and then the median of these: where the spread of a ratio
 * is wide, the machine was busy, and the figure is worth little.
 */

import { quiet } from './quiet.js';

/** What a round gives: the figure that is compared, and others that explain it, by name. */
export interface Round {
  readonly figure: number;
  /** The figure of the comparison's `second`. */
  readonly second?: number;
  readonly also?: Readonly<Record<string, number>>;
}

export interface Contender {
  readonly name: string;
  measure(): Promise<Round>;
}

/** What is compared. */
export interface Measure {
  /** What the figures are: `timers/s`, `bytes per port`. */
  readonly unit: string;
  readonly better: 'more' | 'less';
}

/** The least that one must reach against another, as a ratio where more is better. */
export interface Target {
  readonly who: string;
  readonly of: string;
  readonly atLeast: number;
}

export interface Comparison extends Measure {
  readonly title: string;
  readonly rounds: number;
  /** Rounds before the others that are not counted. */
  readonly warmUp?: number;
  /** The first one is what is being measured, the others are what it is measured against. */
  readonly contenders: readonly Contender[];
  /** Those that would be contenders, and why they are not. */
  readonly missing?: readonly Missing[];
  /** The names of those that ratios are taken to, where they are there; the first contender when left out. */
  readonly against?: readonly string[];
  /** Another figure of the same rounds, compared in the same way. */
  readonly second?: Measure;
  /** The least that the first must reach against the second. */
  readonly target?: number;
  /** Others. One of somebody who is missing is left out. */
  readonly targets?: readonly Target[];
}

/** A contender that can't be measured here. */
export interface Missing {
  readonly name: string;
  readonly why: string;
}

/** Measures and prints. */
export async function compare(comparison: Comparison): Promise<void> {
  const { contenders, rounds, warmUp = 0 } = comparison;
  const results = contenders.map(() => [] as Round[]);
  for (let round = -warmUp; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      await quiet();
      const result = await contender.measure();
      if (round >= 0) results[i]!.push(result);
    }
  }
  print(comparison, results);
}

function print(comparison: Comparison, results: readonly Round[][]): void {
  const { title, better, rounds, second, missing = [] } = comparison;
  console.log(`\n${title} (${rounds} rounds; medians and quartiles; ${better} is better)`);
  const figures = results.map((each) => each.map(({ figure }) => figure));
  const also = [...new Set(results.flat().flatMap((each) => Object.keys(each.also ?? {})))];
  const rows = table(comparison, comparison, figures);
  rows[0]!.push(...also);
  for (const [i, each] of results.entries()) {
    rows[i + 1]!.push(...also.map((key) => number(median(each.map((round) => round.also?.[key] ?? NaN)))));
  }
  printTable(rows);
  for (const { name, why } of missing) console.log(`  ${name}: not measured, ${why}`);
  if (second !== undefined) {
    console.log(`  The same rounds by ${second.unit} (${second.better} is better)`);
    printTable(table(comparison, second, secondFigures(results)));
  }
  printTargets(comparison, results);
}

function secondFigures(results: readonly Round[][]): number[][] {
  return results.map((each) => each.map((round) => round.second ?? NaN));
}

/** A heading and a row for each contender: its figure, and what it is of each that it is measured against. */
function table({ contenders, against }: Comparison, { unit }: Measure, figures: readonly number[][]): string[][] {
  const others = contenders.filter(({ name }, i) => against?.includes(name) ?? i === 0);
  const rows = [['', unit, 'quartiles', ...others.flatMap(({ name }) => [`÷ ${name}`, 'quartiles'])]];
  for (const [i, contender] of contenders.entries()) {
    const ratios = others.flatMap((other) => {
      if (other === contender) return ['', ''];
      const each = ratiosOf(figures[i]!, figures[contenders.indexOf(other)]!);
      return [ratio(median(each)), quartiles(each, ratio)];
    });
    rows.push([contender.name, number(median(figures[i]!)), quartiles(figures[i]!, number), ...ratios]);
  }
  return rows;
}

function printTargets(
  { contenders, better, second, target, targets = [] }: Comparison,
  results: readonly Round[][],
): void {
  const names = contenders.map(({ name }) => name);
  const all = target === undefined ? targets : [{ who: names[0]!, of: names[1]!, atLeast: target }, ...targets];
  for (const { who, of, atLeast } of all) {
    const [ours, theirs] = [results[names.indexOf(who)], results[names.indexOf(of)]];
    if (ours === undefined || theirs === undefined) continue;
    const figures = [ours, theirs].map((each) => each.map(({ figure }) => figure));
    console.log(`  target: ${who} at least ${atLeast} of ${of}: ${verdict(better, atLeast, figures)}`);
    if (second === undefined) continue;
    console.log(`    by ${second.unit}: ${verdict(second.better, atLeast, secondFigures([ours, theirs]))}`);
  }
}

function verdict(better: 'more' | 'less', atLeast: number, [ours = [], theirs = []]: readonly number[][]): string {
  const ratios = better === 'more' ? ratiosOf(ours, theirs) : ratiosOf(theirs, ours);
  return `${ratio(median(ratios))} (${quartiles(ratios, ratio)}), ${judge(ratios, atLeast)}`;
}

function judge(ratios: readonly number[], atLeast: number): string {
  if (quantile(ratios, 0.25) >= atLeast) return 'reached';
  if (quantile(ratios, 0.75) < atLeast) return 'MISSED';
  if (tooBusy(ratios)) return UNSURE;
  return median(ratios) >= atLeast ? 'reached' : 'MISSED';
}

function ratiosOf(ours: readonly number[], theirs: readonly number[]): number[] {
  return ours.map((figure, round) => figure / theirs[round]!);
}

/** Whether the rounds differ so much that their median says little. */
function tooBusy(ratios: readonly number[]): boolean {
  return quantile(ratios, 0.75) > 1.25 * quantile(ratios, 0.25);
}

const UNSURE = 'but the rounds differ too much to say: repeat when the machine has less to do';

/** The first column to the left, the others to the right. */
function printTable(rows: readonly string[][]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows) {
    const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)));
    console.log(`  ${cells.join('   ')}`.trimEnd());
  }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which that part of all lies, between two of them where it falls there. */
function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low + (high - low) * (at - Math.floor(at));
}

function quartiles(values: readonly number[], format: (value: number) => string): string {
  return `${format(quantile(values, 0.25))} – ${format(quantile(values, 0.75))}`;
}

/** Three digits that count, or all of the integer part in groups. */
function number(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (Math.abs(value) < 100) return String(Number(value.toPrecision(3)));
  return Math.round(value).toLocaleString('en').replaceAll(',', ' ');
}

function ratio(value: number): string {
  return value.toFixed(2);
}

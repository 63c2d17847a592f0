/**
 * Side-by-side measurements: rounds of each contender in turn (A B C A B C …), so that what else the machine does falls
 * on all alike; then the median of each with its quartiles, between which half of the rounds lie, and how the first one
 * does against the others.
 *
 * Ratios are taken round by round, between neighbours in time, and then the median of these: where the quartiles of a
 * ratio are far apart, the machine was busy, and the figure is worth little.
 */

/** What a round gives: the figure that is compared, and others that explain it, by name. */
export interface Round {
  readonly figure: number;
  readonly also?: Readonly<Record<string, number>>;
}

export interface Contender {
  readonly name: string;
  measure(): Promise<Round>;
}

export interface Comparison {
  readonly title: string;
  /** What the figures are: `timers/s`, `bytes per port`. */
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly rounds: number;
  /** Rounds before the others that are not counted. */
  readonly warmUp?: number;
  /** The first one is what is being measured, the others are what it is measured against. */
  readonly contenders: readonly Contender[];
  /** The least that the first must reach against the second, as a ratio where more is better. */
  readonly target?: number;
}

/** Measures and prints. */
export async function compare(comparison: Comparison): Promise<void> {
  const { contenders, rounds, warmUp = 0 } = comparison;
  const results = contenders.map(() => [] as Round[]);
  for (let round = -warmUp; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      const result = await contender.measure();
      if (round >= 0) results[i]!.push(result);
    }
  }
  print(comparison, results);
}

function print(comparison: Comparison, results: readonly Round[][]): void {
  const { title, unit, better, rounds, contenders, target } = comparison;
  const figures = results.map((each) => each.map(({ figure }) => figure));
  const also = [...new Set(results.flat().flatMap((each) => Object.keys(each.also ?? {})))];
  const rows = [['', unit, 'quartiles', `÷ ${contenders[0]!.name}`, 'quartiles', ...also]];
  for (const [i, { name }] of contenders.entries()) {
    const ratios = figures[i]!.map((figure, round) => figure / figures[0]![round]!);
    rows.push([
      name,
      number(median(figures[i]!)),
      range(figures[i]!, number),
      i === 0 ? '' : ratio(median(ratios)),
      i === 0 ? '' : range(ratios, ratio),
      ...also.map((key) => number(median(results[i]!.map((each) => each.also?.[key] ?? NaN)))),
    ]);
  }
  console.log(`\n${title} (${rounds} rounds; ${better} is better)`);
  printTable(rows);
  if (target !== undefined) printTarget(better, target, contenders, figures);
}

function printTarget(
  better: 'more' | 'less',
  target: number,
  contenders: readonly Contender[],
  [ours = [], theirs = []]: readonly number[][],
): void {
  const ratios = ours.map((figure, round) => (better === 'more' ? figure / theirs[round]! : theirs[round]! / figure));
  const verdict = tooBusy(ratios) ? UNSURE : median(ratios) >= target ? 'reached' : 'MISSED';
  console.log(
    `  target: ${contenders[0]!.name} at least ${target} of ${contenders[1]!.name}: ` +
      `${ratio(median(ratios))} (quartiles ${range(ratios, ratio)}), ${verdict}`,
  );
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

/** The value below which that part of them lies, 0…1: between two of them in proportion. */
function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = part * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  return below + (sorted[Math.ceil(place)]! - below) * (place % 1);
}

function range(values: readonly number[], format: (value: number) => string): string {
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

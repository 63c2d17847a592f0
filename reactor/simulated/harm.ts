/**
 * The decisions to harm a datagram, each with a name of its own: kind, link, and which datagram of that link it is. So
 * a run can be repeated with some of them switched off: as long as nothing else has changed, the others stay what they
 * were. That is how a failure is reduced to the faults it needs.
 */

/** What may be done to a datagram by chance. `delay`: more than the least latency of the link. */
export type HarmKind = 'loss' | 'duplicate' | 'reorder' | 'corrupt' | 'delay';

/** Decides whether a harm that chance has chosen is done; told of each that is. */
export interface HarmControl {
  allows(harm: string): boolean;
}

/** Every harm is done. */
export const ALL_HARM: HarmControl = { allows: () => true };

/** `loss of a>b 3`: the third datagram from a to b is lost. */
export function harmName(kind: HarmKind, link: string, ordinal: number): string {
  return `${kind} of ${link} ${ordinal}`;
}

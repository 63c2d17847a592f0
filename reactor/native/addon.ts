/**
 * What the addon (packages/linux-x64) offers to the driver.
 */
export interface Addon {
  /** The number of this interface. */
  readonly version: number;
}

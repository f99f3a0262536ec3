/** How often each thing was seen. */
export class Tally {
  readonly counts: Map<string, number> = new Map();

  add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  of(name: string): number {
    return this.counts.get(name) ?? 0;
  }
}

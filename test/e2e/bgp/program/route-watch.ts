import type { LanHost } from '../../../cluster/index.ts';
import { Program } from '../../../cluster/program.ts';

/** What the kernel of a router is told of routes, from now on. */
export class RouteWatch {
  readonly #program: Program;

  /** @param log - path of a file that nobody has */
  constructor(host: LanHost, log: string) {
    const monitor = ['ip', '-ts', 'monitor', 'route'];
    this.#program = new Program('ip', ['netns', 'exec', host.namespace.name, ...monitor], { log });
  }

  /** All of it up to now, for {@link removed}. */
  get mark(): number {
    return this.#program.output().length;
  }

  /** The removals of routes to a destination that the kernel was told of since a mark. */
  removed(destination: string, mark: number): readonly string[] {
    const lines = this.#program.output().slice(mark).split('\n');
    return lines.filter((line) => line.includes('Deleted ') && line.includes(`${destination} `));
  }

  async stop(): Promise<void> {
    await this.#program.stop();
  }
}

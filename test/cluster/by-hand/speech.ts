/** What `npm run cluster` exits with, unless it runs a command, whose code it passes on. */
export const ExitCode = { Done: 0, Failed: 1, CouldNotRun: 2 } as const;

/** What keeps a command from doing what was asked, in words for whoever asked. */
export class Complaint extends Error {
  override readonly name = 'Complaint';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = ExitCode.CouldNotRun) {
    super(message);
    this.exitCode = exitCode;
  }
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function complain(text: string): void {
  process.stderr.write(`cluster: ${text}\n`);
}

/** Wrong input at the command line: what is wrong, and what to type instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'usage';
  readonly exitCode: 2 | 130;
  readonly help: string;

  constructor(message: string, help: string, exitCode: 2 | 130 = 2) {
    super(message);
    this.help = help;
    this.exitCode = exitCode;
  }
}

/** A refusal as the service words it: `code` is the `__type` the SDK clients turn into an error class. */
export class AwsError extends Error {
  override readonly name = 'AwsError';

  constructor(
    readonly code: string,
    message = '',
    readonly status = 400,
  ) {
    super(message);
  }
}

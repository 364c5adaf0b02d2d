/** For every client: give up on one attempt early enough that a retry fits into the 29 s of the API. */
export const SDK_OPTIONS = {
  maxAttempts: 4,
  requestHandler: { connectionTimeout: 1_500, requestTimeout: 3_000, throwOnRequestTimeout: true },
} as const;

import type { StagingLabels } from './staging-labels';

/** A secret as it is stored. Times are in ms. */
export interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly kmsKeyId: string | undefined;
  readonly tags: unknown;
  readonly createdAt: number;
  changedAt: number;
  /** When a deleted secret is beyond recovery. */
  deleteAt?: number;
  /** Oldest first. */
  versions: SecretVersion[];
  labels: StagingLabels;
  /** Name or ARN of the function that rotates it. */
  rotationFunction?: string;
}

export interface SecretVersion {
  readonly id: string;
  readonly createdAt: number;
  /** Absent: a rotation has begun, and put nothing there yet. */
  readonly value?: SecretValue;
}

/** `binary` in base64. */
export type SecretValue = { readonly text: string } | { readonly binary: string };

export function sameValue(a: SecretValue, b: SecretValue): boolean {
  return 'text' in a ? 'text' in b && a.text === b.text : 'binary' in b && a.binary === b.binary;
}

import { isObject, isText } from '../json';

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
export type RotationStep = (typeof STEPS)[number];

/** @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-lambda-function-overview.html */
export interface RotationEvent {
  readonly step: RotationStep;
  readonly secretId: string;
  /** Version id of the new value. */
  readonly token: string;
}

/** Secrets Manager allows 32 to 64 characters; these are UUIDs, and become part of a key's name. */
const TOKEN = /^[A-Za-z0-9-]{32,64}$/;

/** `undefined` for anything else. Only Secrets Manager may invoke; mistakes are not guessed at. */
export function parseRotationEvent(event: unknown): RotationEvent | undefined {
  if (!isObject(event)) return undefined;
  const { Step, SecretId, ClientRequestToken: token } = event;
  const step = STEPS.find((known) => known === Step);
  if (step === undefined || !isText(SecretId) || !isText(token) || !TOKEN.test(token)) return undefined;
  return { step, secretId: SecretId, token };
}

import { randomBytes } from 'node:crypto';

export const ACCOUNT_ID = '000000000000';
export const REGION = 'us-east-1';

/** Temporary credentials, as a Lambda function gets them: a signer that forgets the session token is refused. */
export interface EmbeddedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** New at each start: other users of this machine can reach the port, but cannot sign for it. */
export function newCredentials(): EmbeddedCredentials {
  return {
    accessKeyId: 'ASIAEMBEDDEDLOCALAWS',
    secretAccessKey: randomBytes(30).toString('base64'),
    sessionToken: randomBytes(48).toString('base64'),
  };
}

/** What stands in for the account, the API and the stage that a deployed gateway has. */
export const DOOR = {
  accountId: '000000000000',
  apiId: 'local',
  stage: 'live',
} as const;

/** The ARN a policy of the authorizer is evaluated against. */
export function methodArn(region: string, method: string, path: string): string {
  return `arn:aws:execute-api:${region}:${DOOR.accountId}:${DOOR.apiId}/${DOOR.stage}/${method}${path}`;
}

/** The principal behind the one key pair the local front door knows. */
export interface IamCaller {
  readonly accessKey: string;
  readonly userArn: string;
}

import {
  API_GATEWAY_OWN_RESPONSES,
  type GatewayResponseSpec,
  gatewayResponseBody,
  gatewayResponses,
} from '../../lambda/contract/front-door';
import type { ResourceFacts } from '../../lambda/contract/metadata';

/** An answer of the door's own, whole. */
export interface OwnAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type OwnResponseName = keyof typeof API_GATEWAY_OWN_RESPONSES;

/** Response type -> the answer, from the table the deployed API is built from. */
export function gatewayAnswers(facts: ResourceFacts): (type: string) => OwnAnswer {
  const answers = new Map(gatewayResponses(facts).map((spec) => [spec.type, answerOf(spec)]));
  return (type) => {
    const answer = answers.get(type);
    if (!answer) throw new Error(`no gateway response is defined for ${type}`);
    return answer;
  };
}

/** An answer nobody can reword. */
export function apiGatewayAnswer(name: OwnResponseName): OwnAnswer {
  const { status, errorType, body } = API_GATEWAY_OWN_RESPONSES[name];
  return { status, headers: { 'Content-Type': 'application/json', 'x-amzn-ErrorType': errorType }, body };
}

function answerOf(spec: GatewayResponseSpec): OwnAnswer {
  return {
    status: spec.status,
    headers: { 'Content-Type': 'application/json', 'x-amzn-ErrorType': errorType(spec.type), ...spec.headers },
    body: gatewayResponseBody(spec),
  };
}

const ERROR_TYPES: Readonly<Record<string, string>> = {
  INTEGRATION_FAILURE: 'InternalServerErrorException',
  INTEGRATION_TIMEOUT: 'InternalServerErrorException',
  DEFAULT_5XX: 'InternalServerErrorException',
  AUTHORIZER_FAILURE: 'AuthorizerConfigurationException',
  AUTHORIZER_CONFIGURATION_ERROR: 'AuthorizerConfigurationException',
};

/** `ACCESS_DENIED` -> `AccessDeniedException` */
function errorType(type: string): string {
  const words = type.split('_').map((word) => word.charAt(0) + word.slice(1).toLowerCase());
  return ERROR_TYPES[type] ?? `${words.join('')}Exception`;
}

import type { RefresherAnswer } from '../../contract/refresher-api';
import type { RefresherPort } from '../../core/connections/refresher-port';
import { isText } from '../../core/json';
import { ok } from '../../core/result';
import { malformed } from '../aws/aws-failure';
import type { LambdaClient } from '../aws/lambda-invoke';

/** The refresher as another function has it: it goes on to its end, whether or not its caller waits so long. */
export function remoteRefresher(lambda: LambdaClient, functionName: string): RefresherPort {
  return {
    async ask(request, deadlineMs) {
      const answer = await lambda.invokeFunction(functionName, request, deadlineMs);
      if (!answer.ok) return answer;
      return isText(answer.value['outcome'])
        ? ok(answer.value as unknown as RefresherAnswer)
        : { ok: false, error: malformed('lambda', 'Answer') };
    },
  };
}

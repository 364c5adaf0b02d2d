import { AwsError } from '../../../../local/aws/aws-error';
import type { AwsService } from '../../../../local/aws/aws-service';

/** Calls a service without its port. */
export type Call = (operation: string, input?: object) => Promise<Record<string, unknown>>;

export function caller(service: AwsService): Call {
  return async (operation, input = {}) => {
    const answer = await service.call(operation, input as Record<string, unknown>);
    // As the wire would: what is undefined is not there.
    return JSON.parse(JSON.stringify(answer)) as Record<string, unknown>;
  };
}

/** The refusal of a call, in its words. */
export async function refusal(call: Promise<unknown>): Promise<{ code: string; message: string }> {
  return call.then(
    () => {
      throw new Error('the call was not refused');
    },
    (error: unknown) => {
      if (error instanceof AwsError) return { code: error.code, message: error.message };
      throw error;
    },
  );
}

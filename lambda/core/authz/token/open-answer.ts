import { type AuthzAnswer, jsonAnswer } from '../http';

/** For the scripts of any page: never with credentials, so that no cookie of ours counts here. */
export function openToPages(answer: AuthzAnswer): AuthzAnswer {
  return { ...answer, headers: { ...answer.headers, 'Access-Control-Allow-Origin': '*' } };
}

export function methodNotAllowed(allowed: string): AuthzAnswer {
  return openToPages(
    jsonAnswer(
      405,
      { error: 'invalid_request', error_description: `This address answers ${allowed} only.` },
      { Allow: allowed },
    ),
  );
}

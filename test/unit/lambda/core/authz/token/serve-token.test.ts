import { bodyOf, codeForm, formRequest, INVALID_CLIENT, refreshForm, tokenScene } from './token-scene';

const INVALID_REQUEST = {
  status: 400,
  error: 'invalid_request',
  error_description: 'Send each parameter once, in a form body (application/x-www-form-urlencoded).',
};

describe('a request to /token', () => {
  test.each(['GET', 'PUT', 'DELETE', 'HEAD'])('by %s fails', async (method) => {
    const scene = await tokenScene();
    const answer = await scene.token({}, { method });
    expect(answer).toMatchObject({ status: 405, headers: { Allow: 'POST', 'Access-Control-Allow-Origin': '*' } });
  });

  test.each([
    'application/json',
    'multipart/form-data; boundary=x',
    'text/plain',
    '',
    'application/x-www-form-urlencoded, application/json',
    'application/x-www-form-urlencodedx',
    ';application/x-www-form-urlencoded',
  ])('as %j fails', async (type) => {
    const scene = await tokenScene();
    const { code } = await scene.consent();
    expect(bodyOf(await scene.token(codeForm(code), { headers: { 'content-type': type } }))).toEqual(INVALID_REQUEST);
  });

  test('with a charset, in capitals, is read', async () => {
    const scene = await tokenScene();
    const { code } = await scene.consent();
    const headers = { 'content-type': 'Application/X-WWW-Form-Urlencoded;charset=UTF-8' };
    expect((await scene.token(codeForm(code), { headers })).status).toBe(200);
  });

  test('with parameters in the query fails, even where the body has all it takes', async () => {
    const scene = await tokenScene();
    const { code } = await scene.consent();
    expect(bodyOf(await scene.token(codeForm(code), { query: { client_id: ['x'] } }))).toEqual(INVALID_REQUEST);
    expect(bodyOf(await scene.token({}, { query: { grant_type: ['authorization_code'] } }))).toEqual(INVALID_REQUEST);
  });

  test.each(['grant_type', 'code', 'client_id', 'code_verifier', 'redirect_uri', 'unknown', '__proto__'])(
    'with %s twice fails',
    async (name) => {
      const scene = await tokenScene();
      const { code } = await scene.consent();
      const request = formRequest('/token', codeForm(code));
      const body = `${request.body}&${name}=x&${name}=x`;
      expect(bodyOf(await scene.token({}, { body }))).toEqual(INVALID_REQUEST);
    },
  );

  test('with a body beyond any use fails', async () => {
    const scene = await tokenScene();
    expect(bodyOf(await scene.token({ grant_type: 'x'.repeat(65_536) }))).toEqual(INVALID_REQUEST);
  });

  test.each([
    'password',
    'implicit',
    'urn:ietf:params:oauth:grant-type:device_code',
    'urn:ietf:params:oauth:grant-type:token-exchange',
    'Authorization_Code',
    'constructor',
  ])('for the grant type %s fails', async (grantType) => {
    const scene = await tokenScene();
    expect(bodyOf(await scene.token({ grant_type: grantType, client_id: 'desktop' }))).toEqual({
      status: 400,
      error: 'unsupported_grant_type',
      error_description: 'This grant type is not supported.',
    });
  });

  test.each([
    ['grant_type', { grant_type: undefined }],
    ['grant_type', { grant_type: '' }],
    ['code', { code: undefined }],
    ['code', { code: '' }],
  ])('without %s fails, and says which', async (name, changes) => {
    const scene = await tokenScene();
    expect(bodyOf(await scene.token(codeForm('c', changes)))).toEqual({
      status: 400,
      error: 'invalid_request',
      error_description: `The parameter ${name} is missing.`,
    });
  });

  test('without a refresh token fails, and says so', async () => {
    const scene = await tokenScene();
    expect(bodyOf(await scene.token(refreshForm('')))).toMatchObject({
      error_description: 'The parameter refresh_token is missing.',
    });
  });

  test('without a client fails', async () => {
    const scene = await tokenScene();
    const { code } = await scene.consent();
    for (const clientId of [undefined, '', 'x'.repeat(2_049)]) {
      expect(bodyOf(await scene.token(codeForm(code, { client_id: clientId })))).toEqual(INVALID_CLIENT);
    }
  });

  test('with an Authorization header or a secret fails, whatever they say', async () => {
    const scene = await tokenScene();
    const { code } = await scene.consent();
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const authorization of ['Basic ZGVza3RvcDo=', 'Bearer x', '']) {
      const headers = { ...type, authorization };
      expect(bodyOf(await scene.token(codeForm(code), { headers }))).toEqual(INVALID_CLIENT);
    }
    for (const secret of ['s3cret', '']) {
      expect(bodyOf(await scene.token(codeForm(code, { client_secret: secret })))).toEqual(INVALID_CLIENT);
    }
    expect((await scene.token(codeForm(code))).status).toBe(200);
  });

  test('is told in the log by names, hashes and the cause; never by what was sent', async () => {
    const scene = await tokenScene();
    await scene.token(codeForm('not-a-code', { client_id: 'who-is-this' }));
    await scene.token({ grant_type: 'made-up', client_id: 'who-is-this' });
    expect(scene.events).toEqual([
      {
        event: 'auth.token',
        outcome: 'invalid_client',
        cause: 'client unknown: not there',
        grantType: 'authorization_code',
        clientHash: expect.stringMatching(/^[\w-]{43}$/),
        requestId: 'request-1',
      },
      { event: 'auth.token', outcome: 'unsupported_grant_type', cause: 'unknown', requestId: 'request-1' },
    ]);
    expect(JSON.stringify(scene.events)).not.toMatch(/who-is-this|not-a-code|made-up/);
  });
});

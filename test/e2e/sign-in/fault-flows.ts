import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { GrantMetadata, ListGrantsResponse } from '../../../lambda/contract/grants-api';
import { PATHS } from '../../../lambda/contract/paths';
import { type DemoIssuer, startDemoIssuer } from '../../../local/demo/issuer';
import { type GatewayProcess, startGatewayProcess } from '../harness/gateway-process';
import { Person } from '../harness/person';
import { vaultClient } from '../harness/vault-client';
import { Agent, claimsOf, parameters, postForm, REDIRECT_URI, register } from './agent';
import { Journey, STEPS, type StepName } from './journey';

/** Something somebody does, and what can be done about it where AWS failed in the middle. */
export interface Attempt {
  /** Does it; says whether it did what it was for. */
  run(): Promise<boolean>;
  /** AWS being well: the same again; or, where that is refused, all of it from the start. Throws if neither works. */
  recover(): Promise<'again' | 'restart'>;
  /** What is not as it would be without the fault: something granted twice, something lost. */
  problem(): Promise<string | undefined>;
}

export type Flow = () => Promise<Attempt>;

export interface FaultScene {
  readonly gateway: GatewayProcess;
  readonly flows: Readonly<Record<FlowName, Flow>>;
  /** Somebody else's sign-in, from before any fault. */
  readonly bystander: Journey;
  close(): Promise<void>;
}

export const FLOWS = [
  ...STEPS,
  'authorize with a client id metadata document',
  'register',
  'client_credentials',
  'revoke a refresh token',
  'revoke an access token',
  'open the account page',
  'reload the account page',
  'revoke at the account page',
  'sign out of the account page',
  'list the grants of a person',
  'list all grants',
  'revoke as an administrator',
  'switch a client off',
  'list switches',
] as const;
export type FlowName = (typeof FLOWS)[number];

const DOCUMENT_HOST = 'https://claude.ai';
/** Each is fetched once and then remembered, so that every attempt needs a new one. */
const DOCUMENTS = Array.from({ length: 60 }, (_, at) => `${DOCUMENT_HOST}/agent-${at}`);

export async function startFaultScene(): Promise<FaultScene> {
  const issuer = await startDemoIssuer();
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'm1', alg: 'ES256' };
  const gateway = await startGatewayProcess({
    upstreams: [{ name: 'tools', url: 'http://127.0.0.1:9/' }],
    signIn: {
      identityProvider: { issuer: issuer.issuer, clientId: issuer.client.id },
      clientSecret: issuer.client.secret,
      clients: [
        {
          clientId: 'machine',
          name: 'Machine',
          redirectUris: [],
          jwks: { keys: [jwk] },
          grantTypes: ['client_credentials'],
        },
      ],
      documents: Object.fromEntries(
        DOCUMENTS.map((url) => [url, { client_id: url, client_name: 'Agent', redirect_uris: [REDIRECT_URI] }]),
      ),
    },
  });
  let assertions = 0;
  const machineAssertion = () => {
    assertions += 1;
    return new SignJWT({ iss: 'machine', sub: 'machine', aud: gateway.url, jti: `jti-${assertions}` })
      .setProtectedHeader({ alg: 'ES256', kid: 'm1', typ: 'JWT' })
      .setIssuedAt()
      .setExpirationTime('2m')
      .sign(privateKey);
  };
  const bystander = new Journey(await Agent.registered(gateway.url, `${gateway.url}/mcp/tools`), issuer, 'bob');
  await bystander.goBefore('refresh');
  return {
    gateway,
    bystander,
    flows: { ...signInFlows(gateway, issuer), ...otherFlows(gateway, issuer, machineAssertion) },
    close: async () => {
      await gateway.close();
      await issuer.close();
    },
  };
}

function signInFlows(gateway: GatewayProcess, issuer: DemoIssuer) {
  const grants = grantsAt(gateway);
  const documents = DOCUMENTS.values();
  const resource = `${gateway.url}/mcp/tools`;
  const byDocument = async () => new Agent({ url: gateway.url, clientId: documents.next().value ?? '', resource });
  const byRegistration = () => Agent.registered(gateway.url, resource);

  const flow =
    (step: StepName, agent: () => Promise<Agent>): Flow =>
    async () => {
      let journey = new Journey(await agent(), issuer);
      await journey.goBefore(step);
      const next = STEPS[STEPS.indexOf(step) + 1];
      const finish = async () => next && (await journey.goBefore('end', next));
      return {
        run: async () => {
          if (!(await journey.take(step))) return false;
          return true;
        },
        recover: async () => {
          if (await journey.take(step)) return 'again';
          journey = new Journey(journey.agent.again(), issuer);
          await journey.goBefore(next ?? 'end');
          return 'restart';
        },
        problem: async () => {
          await finish();
          if (!(await journey.refresh())) return 'the refresh token does not work';
          const live = (await grants(journey.agent)).filter(
            ({ status }) => status === 'active' || status === 'pending',
          );
          return live.length === 1 ? undefined : `${live.length} grants`;
        },
      };
    };
  return {
    ...(Object.fromEntries(STEPS.map((step) => [step, flow(step, byRegistration)])) as Record<StepName, Flow>),
    'authorize with a client id metadata document': flow('authorize', byDocument),
  };
}

function otherFlows(gateway: GatewayProcess, issuer: DemoIssuer, machineAssertion: () => Promise<string>) {
  const api = vaultClient(gateway);
  const grants = grantsAt(gateway);

  /** Something that is simply done again. */
  const repeatable =
    (prepare: () => Promise<{ run(): Promise<boolean>; problem?(): Promise<string | undefined> }>): Flow =>
    async () => {
      const { run, problem = async () => undefined } = await prepare();
      const recover = async () => {
        if (!(await run())) throw new Error('it does not work again');
        return 'again' as const;
      };
      return { run, recover, problem };
    };
  const succeeds = (method: string, path: string, body?: object) => async () =>
    (await api.call(method, path, body)).status < 300;

  const signedIn = async () => {
    const journey = new Journey(await Agent.registered(gateway.url, `${gateway.url}/mcp/tools`), issuer);
    await journey.goBefore('refresh');
    const { access_token: accessToken = '', refresh_token: refreshToken = '' } = journey.tokens ?? {};
    const { sub, sid } = claimsOf(accessToken);
    const isOver = async () => {
      if (await journey.refresh()) return 'the refresh token still works';
      const [grant] = await grants(journey.agent);
      return grant?.status === 'revoked' ? undefined : `the grant is ${grant?.status}`;
    };
    return { journey, accessToken, refreshToken, sub, sid, isOver };
  };
  const atAccount = async () => {
    const session = await signedIn();
    const { person } = session.journey;
    const { form } = await person.reachConsent(gateway.url + PATHS.account);
    return { ...session, person, csrf: form.get('csrf') ?? '' };
  };
  const seesAccount = async (person: Person) =>
    (await person.visit(gateway.url + PATHS.account)).body.includes('name="csrf"');
  const revocation = (choose: (tokens: { accessToken: string; refreshToken: string }) => string): Flow =>
    repeatable(async () => {
      const { journey, isOver, ...tokens } = await signedIn();
      const run = async () => (await journey.agent.revoke(choose(tokens))).status === 200;
      return { run, problem: isOver };
    });

  return {
    register: repeatable(async () => ({ run: async () => (await register(gateway.url)).status === 201 })),
    client_credentials: repeatable(async () => ({
      run: async () => {
        const form = parameters({
          grant_type: 'client_credentials',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: await machineAssertion(),
        });
        return (await postForm(gateway.url + PATHS.token, form)).status === 200;
      },
      problem: async () => {
        const { length } = (await grants('machine')).filter(({ status }) => status === 'active');
        return length === 1 ? undefined : `${length} grants of one machine`;
      },
    })),
    'revoke a refresh token': revocation(({ refreshToken }) => refreshToken),
    'revoke an access token': revocation(({ accessToken }) => accessToken),
    'open the account page': repeatable(async () => {
      const person = new Person(gateway.url, issuer, 'alice');
      return { run: () => seesAccount(person) };
    }),
    'reload the account page': repeatable(async () => {
      const { person } = await atAccount();
      return { run: () => seesAccount(person) };
    }),
    'revoke at the account page': repeatable(async () => {
      const { person, csrf, sid, isOver } = await atAccount();
      const body = parameters({ csrf, grant: String(sid) });
      const run = async () => (await person.open(gateway.url + PATHS.accountRevoke, { body })).status === 303;
      return { run, problem: isOver };
    }),
    'sign out of the account page': repeatable(async () => {
      const { person, csrf } = await atAccount();
      const kept = [...person.cookies];
      const restore = () => {
        for (const [name, value] of kept) person.cookies.set(name, value);
      };
      return {
        run: async () => {
          restore();
          const { status } = await person.open(gateway.url + PATHS.accountSignOut, { body: parameters({ csrf }) });
          // 403: a try before has ended the session, and only its answer got lost.
          return status === 303 || status === 403;
        },
        problem: async () => {
          restore();
          const { status } = await person.open(gateway.url + PATHS.account);
          return status === 303 ? undefined : 'the session still counts';
        },
      };
    }),
    'list the grants of a person': repeatable(async () => {
      const { sub } = await signedIn();
      return { run: succeeds('GET', `/grants?subject=${sub}`) };
    }),
    'list all grants': repeatable(async () => ({ run: succeeds('GET', '/grants') })),
    'revoke as an administrator': repeatable(async () => {
      const { sub, sid, isOver } = await signedIn();
      return { run: succeeds('DELETE', `/grants/${sub}/${sid}`), problem: isOver };
    }),
    'switch a client off': repeatable(async () => {
      const { journey } = await signedIn();
      const body = { id: journey.agent.options.clientId, action: 'block' };
      return {
        run: succeeds('PUT', '/switches/client', body),
        problem: async () => ((await journey.refresh()) ? 'the refresh token still works' : undefined),
      };
    }),
    'list switches': repeatable(async () => ({ run: succeeds('GET', '/switches') })),
  };
}

/** Every grant of a client, as an administrator sees it. */
function grantsAt(gateway: GatewayProcess) {
  const api = vaultClient(gateway);
  return async (client: Agent | string): Promise<readonly GrantMetadata[]> => {
    const clientId = typeof client === 'string' ? client : client.options.clientId;
    const found: GrantMetadata[] = [];
    let cursor: string | undefined;
    do {
      const query = parameters({ clientId, cursor });
      const page = JSON.parse((await api.call('GET', `/grants?${query}`)).text) as ListGrantsResponse;
      found.push(...page.grants);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return found;
  };
}

import { rawCall } from '../../fixtures/raw-call';
import { AUTHORIZE_ROWS } from './oracle-authorize-rows';
import { CODE_ROWS } from './oracle-code-rows';
import { MACHINE_ROWS } from './oracle-machine-rows';
import { REFRESH_ROWS, REVOKE_ROWS } from './oracle-refresh-rows';
import type { Row } from './oracle-row';
import { authorizeOutcome, type Side, startSides, tokenOutcome } from './oracle-side';

// The same requests to our authorization server and to `oidc-provider`, which is certified and written by others. Where
// the two differ, the row has to say why ours is as it is; a reason without a difference fails as well.

let sides: Awaited<ReturnType<typeof startSides>>;
beforeAll(async () => {
  sides = await startSides();
});
afterAll(() => sides.close());

async function compare({ why = '', ...row }: Row<unknown>, ask: (side: Side) => Promise<string>): Promise<void> {
  const [ours, oracle] = await Promise.all([ask(sides.ours), ask(sides.oracle)]);
  expect({ ours, oracle }).toEqual({ ours: row.ours, oracle: row.oracle });
  expect({ isExplained: why !== '' }).toEqual({ isExplained: ours !== oracle });
}

describe('asked to authorize', () => {
  test.each(AUTHORIZE_ROWS)('$what: ours $ours, the oracle $oracle', (row) =>
    compare(row, async (side) => {
      const change = typeof row.ask === 'function' ? row.ask(side) : row.ask;
      return authorizeOutcome(await rawCall(side.app.authorizationUrl(change).href, { method: 'GET' }));
    }),
  );
});

describe.each([
  ['with a code', CODE_ROWS],
  ['with a refresh token', REFRESH_ROWS],
  ['by a machine', MACHINE_ROWS],
  ['to revoke', REVOKE_ROWS],
])('asked %s', (_, rows) => {
  test.each(rows)('$what: ours $ours, the oracle $oracle', (row) =>
    compare(row, async (side) => tokenOutcome(await row.ask(side))),
  );
});

import { parseSecretIds } from '../../../../../lambda/io/vault/secret-ids';

describe('the secrets of the providers', () => {
  test('are read from JSON', () => {
    expect(parseSecretIds('MCP_OPERATOR_SECRETS', '{"stripe":"arn:1","jira":"arn:2"}', ['stripe'])).toEqual(
      new Map([
        ['stripe', 'arn:1'],
        ['jira', 'arn:2'],
      ]),
    );
  });

  test.each(['{}', 'null', '{"jira":""}', '{"jira":7}'])('fail when a configured provider has none: %s', (text) => {
    expect(() => parseSecretIds('MCP_OPERATOR_SECRETS', text, ['github', 'jira'])).toThrow(
      new Error('MCP_OPERATOR_SECRETS names no secret for: github, jira. Deploy the stack again.'),
    );
  });
});

import { parseOperatorSecrets } from '../../../../../lambda/io/vault/operator-secrets';

describe('the secrets of the providers', () => {
  test('are read from JSON', () => {
    expect(parseOperatorSecrets('{"stripe":"arn:1","jira":"arn:2"}', ['stripe'])).toEqual(
      new Map([
        ['stripe', 'arn:1'],
        ['jira', 'arn:2'],
      ]),
    );
  });

  test.each(['{}', 'null', '{"jira":""}', '{"jira":7}'])('fail when a configured provider has none: %s', (text) => {
    expect(() => parseOperatorSecrets(text, ['github', 'jira'])).toThrow(
      new Error('MCP_OPERATOR_SECRETS names no secret for: github, jira. Deploy the stack again.'),
    );
  });
});

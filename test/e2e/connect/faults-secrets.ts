import { TokenBook } from '../../../local/demo/platforms/token-book';

/** The platforms run in this process: what they issue and redeem is seen where they do. */
export function noSecretIn() {
  const secrets = new Set<string>();
  const keep = (...values: readonly (string | undefined)[]) => {
    for (const value of values) if (value) secrets.add(value);
  };
  const { redeem, refresh } = TokenBook.prototype;
  const spies = [
    jest.spyOn(TokenBook.prototype, 'redeem').mockImplementation(function (this: TokenBook, ...asked) {
      const tokens = redeem.apply(this, asked);
      keep(asked[0], asked[3], tokens?.accessToken, tokens?.refreshToken);
      return tokens;
    }),
    jest.spyOn(TokenBook.prototype, 'refresh').mockImplementation(function (this: TokenBook, ...asked) {
      const tokens = refresh.apply(this, asked);
      keep(tokens?.accessToken, tokens?.refreshToken);
      return tokens;
    }),
  ];
  return {
    count: () => secrets.size,
    foundIn: (text: string) => [...secrets].filter((secret) => text.includes(secret)),
    restore: () => {
      for (const spy of spies) spy.mockRestore();
    },
  };
}

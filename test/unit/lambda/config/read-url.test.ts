import { type ConfigProblem, Field } from '../../../../lambda/config/field';
import { readOrigin } from '../../../../lambda/config/read-url';

describe('an origin', () => {
  const read = (value: unknown) => {
    const problems: ConfigProblem[] = [];
    return { origin: readOrigin(new Field('allowedOrigins[0]', value, problems)), problems };
  };

  test.each(['https://app.example.com', 'http://localhost:8080', 'https://[::1]:8443', 'https://a_b.example'])(
    'may be %s',
    (value) => {
      expect(read(value)).toEqual({ origin: value, problems: [] });
    },
  );

  test.each([
    ['with a path', 'https://a.example/', '"https://a.example/"'],
    ['of any kind', '*', '"*"'],
    ['that is null', 'null', '"null"'],
    ['in capitals', 'https://A.example', '"https://A.example"'],
    ['with its default port', 'https://a.example:443', '"https://a.example:443"'],
    ['that would end a fixed header value', "https://a'b.example", '"https://a\'b.example"'],
    ['with a password, which is not repeated', 'https://me:secret@a.example', '"https://…@a.example"'],
    ['of another scheme', 'file://a', '"file://a"'],
    ['that is no text', 7, '7'],
  ])('is refused %s', (_name, value, shown) => {
    expect(read(value)).toEqual({
      origin: '',
      problems: [
        {
          path: 'allowedOrigins[0]',
          value: shown,
          problem: 'is not an exact origin',
          fix: 'give scheme, lower-case host and non-default port only, such as https://app.example.com',
        },
      ],
    });
  });
});

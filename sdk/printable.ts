/** Text from a server, made safe for a terminal: no escape sequence moves the cursor or renames the window. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (character) =>
    character === '\n' || character === '\t' ? character : '\ufffd',
  );
}

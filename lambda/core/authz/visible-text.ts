/**
 * A stranger's text on one line, without what is not seen: control and bidirectional characters, and those that take no
 * room and could make one name look like another. Joiners and the emoji selector stay: names in Persian and Hindi are
 * written with them.
 */
export function visibleText(text: string): string {
  return text
    .replace(/\s+/gu, ' ')
    .replace(/(?!\u200c|\u200d|\ufe0f)[\p{C}\p{Default_Ignorable_Code_Point}\u2800]/gu, '')
    .trim();
}

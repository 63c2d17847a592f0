/**
 * Descriptions of endpoints as text, `type:argument:name=argument`: what they are made of, and nothing of what they mean.
 *
 *     description = type *( ":" [ name "=" ] argument )
 *
 * A backslash takes the meaning from the character after it: `\:`, `\=`, `\\`. In an argument that has its name, a further
 * `=` is itself.
 */

/** A description, taken apart. */
export interface Description {
  /** In lower case. */
  readonly type: string;
  /** The arguments without a name, in their order. */
  readonly positional: readonly string[];
  /** Those with a name, which may stand there twice. */
  readonly named: readonly (readonly [name: string, value: string])[];
}

/** Takes a description apart. Every text is one: that it ends in a lone backslash is forgiven, which then is itself. */
export function parseDescription(text: string): Description {
  const [first = [''], ...rest] = pieces(text);
  const positional: string[] = [];
  const named: [string, string][] = [];
  for (const [one = '', value] of rest) {
    if (value === undefined) positional.push(one);
    else named.push([one, value]);
  }
  // An `=` in the type has no meaning there.
  return { type: first.join('=').toLowerCase(), positional, named };
}

/** An argument as it is to be written in a description, so that nothing in it has a meaning. */
export function quoteStringArgument(argument: string): string {
  return argument.replace(/[\\:=]/g, '\\$&');
}

/** What stands between the colons, each taken apart at its first `=`. */
function pieces(text: string): string[][] {
  const found: string[][] = [];
  let piece = [''];
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === ':') {
      found.push(piece);
      piece = [''];
    } else if (character === '=' && piece.length === 1) {
      piece.push('');
    } else {
      piece[piece.length - 1] += character === '\\' && at + 1 < text.length ? text[++at]! : character;
    }
  }
  found.push(piece);
  return found;
}

import { type Choices, type Mapping, type Tree, struct } from './legacy-tree.ts';

/** A spelled document and where its planted node begins and ends. */
export interface Spelled {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Private-use characters that mark the planted node until the text is done. */
const BEGIN = '\ue000';
const END = '\ue001';
const TRUE = ['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'];
const FALSE = ['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'];

/** Writes a document in one of the many ways that mean the same. */
export function spell(document: Tree, choices: Choices): Spelled {
  const speller = new Speller(choices);
  const body = choices.chance(15)
    ? `${speller.flow(document)}\n`
    : `${speller.block(document, 0).trimStart()}\n`;
  const head = noted(
    choices,
    ['', 'no marker'],
    ['# first\n\n', 'comments'],
    ['---\n', 'marker'],
    ['%YAML 1.1\n---\n', 'directive'],
    ['\ufeff', 'byte order mark'],
  );
  const tail = noted(
    choices,
    ['', 'no end'],
    ['...\n', 'end marker'],
    ['---\n]: [\n', 'broken second document'],
    ['# last', 'last comment'],
  );
  const whole = `${head}${body}${tail}`;
  const breaks = choices.chance(15) ? 'crlf' : 'lf';
  choices.note(breaks);
  const marked = breaks === 'crlf' ? whole.replaceAll('\n', '\r\n') : whole;
  const start = marked.indexOf(BEGIN);
  return {
    text: marked.replaceAll(BEGIN, '').replaceAll(END, ''),
    start,
    end: marked.indexOf(END) - 1,
  };
}

function noted(choices: Choices, ...options: readonly [source: string, name: string][]): string {
  const [source, name] = options[choices.below(options.length)]!;
  choices.note(name);
  return source;
}

class Speller {
  readonly #choices: Choices;
  #anchors = 0;

  constructor(choices: Choices) {
    this.#choices = choices;
  }

  /** As a block at an indentation, beginning with its line break, or on the line of its key. */
  block(tree: Tree, indent: number): string {
    const chance = (percent: number): boolean => this.#choices.chance(percent);
    if (tree.kind === 'planted') return this.#marked(this.block(tree.tree, indent));
    const flow = chance(25) || isEmpty(tree);
    if (!flow && tree.kind === 'list') return this.#blockList(tree.items, indent);
    if (!flow && (tree.kind === 'struct' || tree.kind === 'table')) {
      return this.#blockMapping(tree, indent);
    }
    if (tree.kind === 'text' && chance(15) && !/^\s|\s$/.test(tree.value)) {
      const header = this.#choices.of('|-', '>-');
      this.#choices.note(`text ${header}`);
      return ` ${header}\n${' '.repeat(indent + 2)}${tree.value}`;
    }
    const comment = chance(10) ? ' # why' : '';
    return ` ${this.flow(tree)}${comment}`;
  }

  flow(tree: Tree): string {
    switch (tree.kind) {
      case 'planted':
        return this.#marked(this.flow(tree.tree));
      case 'list':
        this.#choices.note('flow list');
        return `[${tree.items.map((item) => this.flow(item)).join(', ')}]`;
      case 'struct':
      case 'table': {
        this.#choices.note('flow mapping');
        const { fields } = this.#withMerge(tree);
        return `{${fields.map(([key, value]) => `${this.#key(key)}: ${this.flow(value)}`).join(', ')}}`;
      }
      default:
        return this.#scalar(tree);
    }
  }

  #blockList(items: readonly Tree[], indent: number): string {
    this.#choices.note('block list');
    const pad = ' '.repeat(indent);
    return items
      .map((item) => {
        const inner = this.block(item, indent + 2);
        return `\n${pad}-${inner.replace(/^(\ue000?)\n *(?=[^\s#-])/, '$1 ').replace(/^\ue000 /, ` ${BEGIN}`)}`;
      })
      .join('');
  }

  #blockMapping(tree: Mapping, indent: number): string {
    this.#choices.note('block mapping');
    const { fields } = this.#withMerge(tree);
    const pad = ' '.repeat(indent);
    return fields
      .map(([key, value]) => {
        if (key !== '<<' && this.#choices.chance(5)) {
          this.#choices.note('explicit key');
          return `\n${pad}? ${this.#key(key)}\n${pad}:${this.#under(value, indent)}`;
        }
        return `\n${pad}${this.#key(key)}:${this.#under(value, indent)}`;
      })
      .join('');
  }

  /** A value under its key; a list may stand as far left as the key. */
  #under(value: Tree, indent: number): string {
    const isList =
      value.kind === 'list' || (value.kind === 'planted' && value.tree.kind === 'list');
    const by = isList && this.#choices.chance(50) ? 0 : 2;
    const written = this.block(value, indent + by);
    return written.startsWith(BEGIN) ? ` ${written}` : written;
  }

  /** Some fields by way of `<<`, which what follows may override. */
  #withMerge(tree: Mapping): Mapping {
    const { fields } = tree;
    if (tree.kind !== 'struct' || fields.length < 2 || !this.#choices.chance(15)) return tree;
    const [first, second, ...rest] = fields as [
      [string, Tree],
      [string, Tree],
      ...[string, Tree][],
    ];
    if ([first, second].some(([, value]) => value.kind === 'struct' || value.kind === 'table')) {
      return tree;
    }
    const form = this.#choices.of('mapping', 'sequence', 'overridden');
    this.#choices.note(`merge of a ${form}`);
    if (form === 'mapping') return struct(['<<', struct(first)], second, ...rest);
    if (form === 'overridden') {
      return struct(['<<', struct([second[0], { kind: 'null' }])], first, second, ...rest);
    }
    const stale: Tree = { kind: 'null' };
    return struct(
      ['<<', { kind: 'list', items: [struct(first), struct([first[0], stale], second)] }],
      ...rest,
    );
  }

  #scalar(tree: Extract<Tree, { kind: 'int' | 'bool' | 'text' | 'null' | 'raw' }>): string {
    switch (tree.kind) {
      case 'raw':
        return tree.source;
      case 'null':
        return this.#noted('null', ['~', 'null', '!!null ~']);
      case 'bool':
        return this.#noted('bool', tree.value ? TRUE : FALSE);
      case 'int':
        return this.#int(tree.value);
      default:
        return this.#anchored(this.#text(tree.value));
    }
  }

  #int(value: number): string {
    const forms: Record<string, string> = {
      decimal: `${value}`,
      hexadecimal: `0x${value.toString(16)}`,
      binary: `0b${value.toString(2)}`,
      octal: `0o${value.toString(8)}`,
      'old octal': `0${value.toString(8)}`,
      signed: `+${value}`,
      underscored: `${value}`.replace(/(\d)(?=(\d{3})+$)/g, '$1_'),
      'cut off': `${value}.75`,
      exponent: `${value / 100}e2`,
      tagged: `!!int "${value}"`,
      'float tag': `!!float ${value}`,
    };
    const form = this.#choices.of('decimal', ...Object.keys(forms));
    this.#choices.note(`int ${form}`);
    return forms[form]!;
  }

  #text(value: string): string {
    const plainly = /^[A-Za-z\d][\w./-]*$/.test(value) || /^[\w.-]+:[\w.-]+$/.test(value);
    const form = this.#choices.of(
      plainly ? 'plain' : 'single',
      'single',
      'double',
      'escaped',
      'tagged',
      'binary',
    );
    this.#choices.note(`text ${form}`);
    switch (form) {
      case 'plain':
        return value;
      case 'single':
        return `'${value.replaceAll("'", "''")}'`;
      case 'double':
        return JSON.stringify(value);
      case 'escaped':
        return `"${value.replace(/[^]/gu, (character) => `\\U${character.codePointAt(0)!.toString(16).padStart(8, '0')}`)}"`;
      case 'tagged':
        return `!!str ${JSON.stringify(value)}`;
      default:
        return `!!binary ${Buffer.from(value).toString('base64')}`;
    }
  }

  #anchored(written: string): string {
    if (written === '' || !this.#choices.chance(5)) return written;
    this.#choices.note('anchor');
    this.#anchors += 1;
    return `&a${this.#anchors} ${written}`;
  }

  #key(key: string): string {
    if (key === '<<') return key;
    const plainly = /^[A-Za-z][\w/.-]*$/.test(key);
    const form = this.#choices.of(
      plainly ? 'plain' : 'double',
      plainly ? 'plain' : 'single',
      'single',
      'double',
    );
    this.#choices.note(`key ${form}`);
    if (form === 'plain') return key;
    return form === 'single' ? `'${key}'` : JSON.stringify(key);
  }

  #noted(what: string, spellings: readonly string[]): string {
    const spelling = spellings[this.#choices.below(spellings.length)]!;
    this.#choices.note(`${what} ${spelling}`);
    return spelling;
  }

  #marked(written: string): string {
    return written.startsWith(' ')
      ? ` ${BEGIN}${written.slice(1)}${END}`
      : `${BEGIN}${written}${END}`;
  }
}

function isEmpty(tree: Tree): boolean {
  if (tree.kind === 'list') return tree.items.length === 0;
  return (tree.kind === 'struct' || tree.kind === 'table') && tree.fields.length === 0;
}

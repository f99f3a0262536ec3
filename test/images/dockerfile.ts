/** One instruction of a Dockerfile: its name in capitals, its `--flags`, and the rest of its words. */
export interface Instruction {
  readonly name: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly rest: string;
}

/** From one FROM to the next. */
export interface Stage {
  readonly name: string | undefined;
  /** The image or stage it starts from, with the global arguments filled in. */
  readonly from: string;
  readonly platform: string | undefined;
  readonly instructions: readonly Instruction[];
}

/** Reads a Dockerfile without heredocs. */
export function readDockerfile(text: string): Stage[] {
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  const globals = new Map<string, string>();
  for (const instruction of instructionsOf(text)) {
    const stage = stages.at(-1);
    if (instruction.name === 'FROM') stages.push(begin(instruction, globals));
    else if (stage !== undefined) stage.instructions.push(instruction);
    else if (instruction.name === 'ARG') globals.set(...assignment(instruction.rest));
    else throw new Error(`${instruction.name} before the first FROM`);
  }
  return stages;
}

/** The words of an instruction in its JSON form; `undefined` when it is written as a shell would read it. */
export function wordsOf({ rest }: Instruction): string[] | undefined {
  return rest.startsWith('[') ? (JSON.parse(rest) as string[]) : undefined;
}

/** The one instruction of a name. */
export function only(stage: Stage, name: string): Instruction {
  const found = stage.instructions.filter((instruction) => instruction.name === name);
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(`${String(found.length)} times ${name} in stage ${stage.name ?? '?'}`);
  }
  return first;
}

function instructionsOf(text: string): Instruction[] {
  const lines = text.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  const whole = lines.join('\n').replace(/\\\n/g, ' ').split('\n');
  return whole.map(readInstruction);
}

function readInstruction(line: string): Instruction {
  const [name = '', ...words] = line.trim().split(/\s+/);
  const flags: Record<string, string> = {};
  while (words[0]?.startsWith('--') === true) {
    const [flag, value] = assignment(words.shift()?.slice(2) ?? '');
    flags[flag] = value;
  }
  return { name: name.toUpperCase(), flags, rest: words.join(' ') };
}

function begin({ flags, rest }: Instruction, globals: ReadonlyMap<string, string>) {
  const [image = '', , name] = rest.split(' ');
  const from = image.replace(/\$\{(\w+)\}/g, (_, variable: string) => {
    const value = globals.get(variable);
    if (value === undefined) throw new Error(`${variable} has no value where ${image} is named`);
    return value;
  });
  return { name, from, platform: flags['platform'], instructions: [] };
}

function assignment(text: string): [string, string] {
  const [name = '', ...value] = text.split('=');
  return [name, value.join('=')];
}

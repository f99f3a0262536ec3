import { Option } from 'commander';
import type { LegacyMode } from '../../config-legacy/index.ts';
import type { Compat } from '../../runtime/model/index.ts';
import type { ClusterChoice, Terminal } from '../terminal.ts';
import { LARGEST_CONFIGURATION } from './bulk.ts';
import { readCluster } from './cluster.ts';
import { CONFIG_MAP, type Documents, type Unclear, documentsOf } from './documents.ts';
import type { Unreadable } from './readable.ts';
import { decodeText } from './text.ts';
import { validateDocuments } from './validate.ts';
import type { Validation } from './validation.ts';

/** Which configuration of a place is meant. */
export interface DocumentChoice extends ClusterChoice {
  /** Name of the ConfigMap; `config` unless said otherwise. */
  readonly configmap?: string;
}

/** Where inputs are and by whose rules they are read: what every sub-command is asked for. */
export interface InputChoices extends DocumentChoice {
  readonly mode: LegacyMode;
  readonly compat: Compat;
}

export type { Unreadable };

const TOO_LARGE = `larger than ${LARGEST_CONFIGURATION / 2 ** 20} MiB, which no configuration is`;

/** What became of one input. */
export type Input =
  | Unreadable
  | {
      readonly kind: 'read';
      readonly text: string;
      readonly validation: Validation;
      /** Why something of it could not be read, though it may be there. */
      readonly incomplete?: string;
    };

/** The options behind {@link InputChoices}. */
export function inputOptions(): readonly Option[] {
  return [
    new Option('--mode <mode>', 'also check what the speaker of this BGP mode refuses')
      .choices(['none', 'native', 'frr'])
      .default('none'),
    new Option('--compat <release>', 'the release whose rules hold')
      .choices(['v0.10', 'v0.11', 'v0.12'])
      .default('v0.12'),
    new Option(
      '--configmap <name>',
      'the ConfigMap, if Helm or --config named it otherwise',
    ).default(CONFIG_MAP),
    ...clusterOptions('for "cluster": '),
  ];
}

/**
 * The options behind {@link ClusterChoice}.
 *
 * @param when - before each description: when the option counts, where it does not always
 */
export function clusterOptions(when = ''): readonly Option[] {
  return [
    new Option('--kubeconfig <path>', `${when}a kubeconfig other than the usual one`),
    new Option('--context <name>', `${when}a context other than the current one`),
    new Option('-n, --namespace <name>', `${when}where the ConfigMap is`).default('metallb-system'),
  ];
}

/** Reads a file, `-` for standard input, or `cluster`, in any form that people have a configuration in. */
export async function readDocuments(
  place: string,
  choice: DocumentChoice,
  terminal: Terminal,
): Promise<Documents | Unclear | Unreadable> {
  if (place === 'cluster') return readTheCluster(choice, terminal);
  const reading = await terminal.read(place);
  if (reading.kind === 'unreadable') return reading;
  if (reading.octets.length > LARGEST_CONFIGURATION) return { kind: 'unreadable', why: TOO_LARGE };
  const { text, problem } = decodeText(reading.octets);
  return problem === undefined
    ? documentsOf(text, choice.configmap)
    : { kind: 'unclear', text, problems: [problem] };
}

async function readTheCluster(
  choice: DocumentChoice,
  terminal: Terminal,
): Promise<Documents | Unreadable> {
  const reading = await readCluster({ configmap: CONFIG_MAP, ...choice }, terminal);
  if (reading.kind === 'found') for (const note of reading.notes) terminal.complain(note);
  return reading;
}

/** Reads an input and checks what it holds. */
export async function readInput(
  place: string,
  choices: InputChoices,
  terminal: Terminal,
): Promise<Input> {
  const documents = await readDocuments(place, choices, terminal);
  if (documents.kind === 'unreadable') return documents;
  const { text } = documents;
  const incomplete = documents.kind === 'found' ? documents.incomplete : undefined;
  return {
    ...{ kind: 'read', text, validation: validateDocuments(documents, choices) },
    ...(incomplete !== undefined && { incomplete }),
  };
}

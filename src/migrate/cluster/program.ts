import { type Json, elements, identify, member, text, textMap } from '../../runtime/kube/index.ts';
import type { Labels } from '../../runtime/model/index.ts';

/** A workload of which we know one container: that of the controller or of the speaker. */
export interface Program {
  /** Of the Deployment or DaemonSet. */
  readonly name: string;
  readonly image: string;
  /** Command and arguments, Go's flags. */
  readonly args: readonly string[];
  /** Variables given as they stand; where a value comes from elsewhere, it is empty. */
  readonly environment: ReadonlyMap<string, string>;
  /** What its Pods are selected by. */
  readonly selector: Labels;
}

type Role = 'controller' | 'speaker';

/** Labels that manifests and charts tell the parts apart by. legacy.md §8.1, §8.2 */
const ROLE_LABELS = ['component', 'app.kubernetes.io/component'];

/**
 * The program of a role among the workloads of a namespace: by its labels, else by its name or that of its image. Of
 * several the first by name.
 */
export function programIn(workloads: readonly Json[], role: Role): Program | undefined {
  const named = [...workloads].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const labelled = named.find((one) => {
    const labels = labelsOf(member(member(one, 'spec'), 'template'));
    return ROLE_LABELS.some((label) => labels[label] === role) && containerOf(one, role);
  });
  const found = labelled ?? named.find((one) => isCalled(nameOf(one), role));
  return found === undefined ? undefined : programOf(found, role);
}

/** The value of one of Go's flags: the last one counts, an absent one is `undefined`. legacy.md §2 */
export function flagOf({ args }: Pick<Program, 'args'>, name: string): string | undefined {
  let value: string | undefined;
  for (const [index, arg] of args.entries()) {
    const [, flag, given] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
    if (flag === name) value = given ?? args[index + 1] ?? '';
  }
  return value;
}

/** Whether one of Go's boolean flags is on; it takes its value after `=` only. */
export function isOn({ args }: Pick<Program, 'args'>, name: string): boolean {
  const given = args.filter((arg) => new RegExp(`^--?${name}(=|$)`).test(arg)).at(-1);
  return given !== undefined && !/=(?:0|f|F|false|FALSE|False)$/.test(given);
}

function programOf(workload: Json, role: Role): Program | undefined {
  const spec = member(workload, 'spec');
  const container = containerOf(workload, role);
  if (container === undefined) return undefined;
  return {
    name: nameOf(workload),
    image: text(member(container, 'image')),
    args: [...texts(member(container, 'command')), ...texts(member(container, 'args'))],
    environment: new Map(
      elements(member(container, 'env')).map((one) => [
        text(member(one, 'name')),
        text(member(one, 'value')),
      ]),
    ),
    selector: textMap(member(member(spec, 'selector'), 'matchLabels')),
  };
}

/** The container that is called so, else the one whose image is, else the only one. */
function containerOf(workload: Json, role: Role): Json {
  const template = member(member(workload, 'spec'), 'template');
  const containers = elements(member(member(template, 'spec'), 'containers'));
  return (
    containers.find((one) => isCalled(text(member(one, 'name')), role)) ??
    containers.find((one) => isCalled(imageName(text(member(one, 'image'))), role)) ??
    (containers.length === 1 ? containers[0] : undefined)
  );
}

/** `controller`, `metallb-controller`, `metallb-speaker`. */
function isCalled(name: string, role: Role): boolean {
  return name === role || name.endsWith(`-${role}`);
}

function imageName(image: string): string {
  return (image.split('@')[0] ?? '').split('/').at(-1)?.split(':')[0] ?? '';
}

function labelsOf(object: Json): Labels {
  return textMap(member(member(object, 'metadata'), 'labels'));
}

function nameOf(object: Json): string {
  return identify(object)?.name ?? '';
}

function texts(values: Json): readonly string[] {
  return elements(values).map(text);
}

import { type Json, podView } from '../../runtime/kube/index.ts';
import { type Compat, RELEASES, atLeast } from '../../runtime/model/index.ts';
import type { Installation, SourceInForce } from './installation.ts';
import { type Program, flagOf, isOn, programIn } from './program.ts';

/** What a namespace runs, as the API has it. */
export interface Workloads {
  readonly deployments: readonly Json[];
  readonly daemonSets: readonly Json[];
  /** Absent where they may not be read. */
  readonly pods?: readonly Json[];
}

/** What only our programs are told. product.md §2, §5 */
const OUR_FLAGS = ['compat', 'config-source', 'config-file', 'ml-key-bytes'];
const NOTHING: Program = { name: '', image: '', args: [], environment: new Map(), selector: {} };
const SOURCES: readonly SourceInForce[] = ['auto', 'configmap', 'resources', 'file'];

/** What of controller and speakers is at work, told by what their namespace runs. legacy.md §8, crd.md §3.7 */
export function installationOf({ deployments, daemonSets, pods }: Workloads): Installation {
  const controller = programIn(deployments, 'controller');
  const speaker = programIn(daemonSets, 'speaker');
  const leading = controller ?? speaker ?? NOTHING;
  const maker = leading === NOTHING ? 'none' : makerOf(leading);
  const version = versionIn(leading.image);
  const compat = compatOf(leading, maker, version);
  const name = flagOf(leading, 'config') ?? '';
  return {
    ...{ maker, version, compat },
    lbClass: flagOf(leading, 'lb-class') ?? '',
    source: sourceOf(leading, maker, compat),
    configMap: name === '' ? 'config' : name,
    ...speakersOf(speaker ?? NOTHING, compat),
    ...(controller && { controller: controller.name }),
    ...(speaker && { speaker: speaker.name }),
    ...(pods && { speakerNodes: speakerNodes(pods, speaker) }),
    doubts: doubtsAbout(controller, speaker, { maker, version, compat }),
  };
}

function speakersOf(
  speaker: Program,
  compat: Compat,
): Pick<Installation, 'mode' | 'ignoreExcludeLb' | 'slices' | 'gossip'> {
  return {
    mode: modeOf(speaker, compat),
    ignoreExcludeLb: isOn(speaker, 'ignore-exclude-lb'),
    slices: !isOn(speaker, 'disable-epslices'),
    gossip: speaker === NOTHING || gossips(speaker),
  };
}

/** As in `MetalLB v0.12.1`. */
export function describeInstallation({ maker, version, compat }: Installation): string {
  const tag = version === '' ? '' : ` ${version}`;
  switch (maker) {
    case 'ours':
      return `metal-lb${tag} with --compat=${compat}`;
    case 'original':
      return `MetalLB${tag}`;
    case 'unknown':
      return `programs that cannot be told to be MetalLB's or ours${tag === '' ? '' : `,${tag}`}`;
    case 'none':
      return 'neither a controller nor speakers';
    default:
      return maker satisfies never;
  }
}

function makerOf(program: Program): Installation['maker'] {
  const { image } = program;
  if (OUR_FLAGS.some((flag) => flagOf(program, flag) !== undefined)) return 'ours';
  if (image.includes('metal-lb')) return 'ours';
  if (image.includes('metallb')) return 'original';
  // A mirror may call the image as it likes, but keeps its tag.
  const release = releaseIn(versionIn(image));
  return release === undefined ? 'unknown' : 'original';
}

/** The tag of an image; one given by its digest has none. */
function versionIn(image: string): string {
  const [reference = ''] = image.split('@');
  return /:([^/:]+)$/.exec(reference)?.[1] ?? '';
}

/** The release that a tag of the original belongs to; those before ours are as the first, those after as the last. */
function releaseIn(version: string): Compat | undefined {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  if (major !== '0' || minor === undefined || Number(minor) < 9) return undefined;
  const number = Math.min(Math.max(Number(minor), 10), 13);
  return RELEASES.find((release) => release === `v0.${number}`);
}

function compatOf(program: Program, maker: Installation['maker'], version: string): Compat {
  const told = flagOf(program, 'compat');
  const release = maker === 'original' ? releaseIn(version) : undefined;
  return RELEASES.find((one) => one === told) ?? release ?? 'v0.12';
}

function modeOf(speaker: Program, compat: Compat): Installation['mode'] {
  const type = speaker.environment.get('METALLB_BGP_TYPE');
  if (type === undefined || type === 'native' || !atLeast(compat, 'v0.12')) return 'native';
  return 'frr';
}

function sourceOf(program: Program, maker: Installation['maker'], compat: Compat): SourceInForce {
  if (maker === 'original') return atLeast(compat, 'v0.13') ? 'resources' : 'configmap';
  const told = flagOf(program, 'config-source');
  return SOURCES.find((source) => source === told) ?? 'auto';
}

/** The original takes part in gossip where it is told an address to bind. legacy.md §7 */
function gossips(speaker: Program): boolean {
  const bind = flagOf(speaker, 'ml-bindaddr');
  return bind !== undefined ? bind !== '' : speaker.environment.has('METALLB_ML_BIND_ADDR');
}

function speakerNodes(pods: readonly Json[], speaker: Program | undefined): readonly string[] {
  const selector = Object.entries(speaker?.selector ?? {});
  const views = pods.map(podView).filter(({ labels, ofDaemonSet }) => {
    if (selector.length > 0) return selector.every(([key, value]) => labels[key] === value);
    const role = labels['component'] ?? labels['app.kubernetes.io/component'];
    return ofDaemonSet && role === 'speaker';
  });
  const nodes = views.flatMap(({ ready, nodeName }) => (ready && nodeName ? [nodeName] : []));
  return [...new Set(nodes)].sort();
}

function doubtsAbout(
  controller: Program | undefined,
  speaker: Program | undefined,
  { maker, version, compat }: Pick<Installation, 'maker' | 'version' | 'compat'>,
): readonly string[] {
  const doubts: string[] = [];
  if (maker === 'none') {
    doubts.push(`no controller and no speakers were found: taken for granted are ours, ${compat}`);
  }
  if (maker === 'unknown') {
    doubts.push(`the images do not say what runs: it is taken for our programs with ${compat}`);
  }
  if (maker === 'original' && releaseIn(version) === undefined) {
    doubts.push(`the images do not say which MetalLB runs: it is taken for ${compat}`);
  }
  if (controller === undefined || speaker === undefined) return doubts;
  const others = [makerOf(speaker), versionIn(speaker.image)];
  if (others[0] !== maker || others[1] !== version) {
    const images = `${controller.image} and ${speaker.image}`;
    doubts.push(`controller and speakers are not of one release: ${images}`);
  }
  for (const flag of ['compat', 'config', 'config-source', 'lb-class']) {
    if (flagOf(controller, flag) !== flagOf(speaker, flag)) {
      doubts.push(`controller and speakers are started with different --${flag}`);
    }
  }
  return doubts;
}

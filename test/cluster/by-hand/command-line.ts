import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { down } from './commands/down.ts';
import { runKubectl, runOn } from './commands/enter.ts';
import { type HolderOptions, hold } from './holder/holder.ts';
import { runInside } from './holder/inside.ts';
import { logs } from './commands/logs.ts';
import { Complaint, ExitCode, complain } from './speech.ts';
import { StateFolder } from './state/state-folder.ts';
import { status } from './commands/status.ts';
import { up } from './commands/up.ts';

const EXAMPLE = `
Example:
  npm run cluster -- up 3
  export KUBECONFIG=/run/metal-lb-cluster/kubeconfig
  kubectl get nodes
  npm run --silent cluster -- client curl http://192.0.2.200/
  npm run cluster -- down

It needs root. METAL_LB_CLUSTER names another folder than the usual one, so that there can be several.`;

/**
 * Runs one command of `npm run cluster`.
 *
 * @param cwd - the folder of whoever asks; this process itself is in the root of the repository
 * @returns what to exit with; `undefined` while there is more to do
 */
export async function commandLine(
  argv: readonly string[],
  cwd: string,
): Promise<number | undefined> {
  let outcome: number | undefined;
  const folder = StateFolder.ofEnvironment(process.env);
  const program = lifeCommands(folder, (code) => (outcome = code));
  addEntries(program, { folder, cwd, settle: (code) => (outcome = code) });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return outcome;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : ExitCode.CouldNotRun;
    if (!(error instanceof Complaint)) throw error;
    complain(error.message);
    return error.exitCode;
  }
}

type Settle = (code: number) => void;

/** What begins and ends a cluster, and tells how it is. */
function lifeCommands(folder: StateFolder, settle: Settle): Command {
  const program = new Command('cluster')
    .description('A whole Kubernetes cluster on this machine, its nodes network namespaces.')
    .exitOverride()
    .enablePositionalOptions()
    .addHelpText('after', EXAMPLE)
    .hook('preAction', () => {
      if (process.geteuid?.() !== 0) throw new Complaint('needs root: it makes network namespaces');
      folder.check();
    });
  program
    .command('up')
    .description('start a cluster and return when it is ready')
    .argument('[nodes]', 'how many nodes, 1 to 9', nodeCount, 3)
    .addOption(detachOption())
    .action(async (nodes: number, { detach }: Pick<HolderOptions, 'detach'>) =>
      settle(await up(folder, { nodes, detach })),
    );
  program
    .command('status')
    .description('tell what runs; exit code 1 when nothing does')
    .action(() => settle(status(folder)));
  program
    .command('logs')
    .description('print a log; without a name, tell which there are')
    .argument('[name]')
    .option('-f, --follow', 'go on while it grows', false)
    .action(async (name: string | undefined, { follow }: { follow: boolean }) =>
      settle(await logs(folder, name, follow)),
    );
  program
    .command('down')
    .description('end the cluster, and what is left of one')
    .action(async () => settle(await down(folder)));
  program
    .command('hold', { hidden: true })
    .argument('<nodes>', 'how many', nodeCount)
    .addOption(detachOption())
    .action(async (nodes: number, { detach }: Pick<HolderOptions, 'detach'>) =>
      settle(await hold(folder, { nodes, detach })),
    );
  program
    .command('inside', { hidden: true })
    .argument('<nodes>', 'how many', nodeCount)
    .action(async (nodes: number) => {
      await runInside(nodes);
    });
  return program;
}

interface Entering {
  readonly folder: StateFolder;
  readonly cwd: string;
  readonly settle: Settle;
}

/** What runs a command of the user's in the cluster. Its options are not ours. */
function addEntries(program: Command, { folder, cwd, settle }: Entering): void {
  const add = (name: string, description: string): Command =>
    program.command(name).description(description).allowUnknownOption().passThroughOptions();
  add('kubectl', 'run kubectl as the administrator')
    .argument('[args...]')
    .helpOption(false)
    .action(async (args: string[]) => {
      const state = folder.running();
      settle(await runKubectl(state, { kubeconfig: folder.kubeconfig, args, cwd }));
    });
  add('client', 'run a command outside the cluster, on its segment; a shell when none is given')
    .argument('[command...]')
    .action(async (command: string[]) => {
      const { running } = folder.running();
      settle(await runOn(running, running.client, { command, cwd }));
    });
  add('node', 'run a command on a node; a shell when none is given')
    .argument('<name>')
    .argument('[command...]')
    .action(async (name: string, command: string[]) => {
      const { running } = folder.running();
      const host = running.nodes.find((node) => node.name === name);
      const names = running.nodes.map((node) => node.name).join(', ');
      if (host === undefined) throw new Complaint(`no node ${name}; there are ${names}`);
      settle(await runOn(running, host, { command, cwd }));
    });
}

function detachOption(): Option {
  return new Option('--detach <yes>', 'whether it stays after the command; false: until Ctrl-C')
    .default(true)
    .argParser((text) => {
      if (text === 'true') return true;
      if (text === 'false') return false;
      throw new InvalidArgumentError('It is true or false.');
    });
}

function nodeCount(text: string): number {
  if (!/^[1-9]$/.test(text)) throw new InvalidArgumentError('A cluster has 1 to 9 nodes.');
  return Number(text);
}

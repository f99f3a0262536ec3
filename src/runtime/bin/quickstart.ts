/** The quick start: the standalone program on a folder, in network namespaces made for the occasion. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { request } from './quickstart/requester.ts';
import { perform } from './quickstart/stage.ts';

interface Choices {
  readonly dir: string;
  readonly once: boolean;
}

/** A user namespace lends a user the rights that root has. */
const UNSHARE = process.getuid?.() === 0 ? ['--net'] : ['--user', '--map-root-user', '--net'];
const EXAMPLE = fileURLToPath(new URL('../examples/quickstart', import.meta.url));

const program = new Command('quickstart')
  .enablePositionalOptions()
  .description('Assigns addresses to the Services of a folder and shows the ARP answers for them.')
  .option('--dir <directory>', 'folder of manifests', EXAMPLE)
  .option('--once', 'end after the first answers', false);

program.action(async (choices: Choices) => {
  const obstacle = obstacleToNamespaces();
  if (obstacle === undefined) {
    process.exitCode = await runNamespaced(choices);
    return;
  }
  process.stdout.write(
    `No network namespaces here (${obstacle}): addresses are assigned and shown, nothing is announced.\n`,
  );
  process.exitCode = await perform({ ...toStage(choices), namespaced: false });
});

program
  .command('stage', { hidden: true })
  .requiredOption('--dir <directory>')
  .option('--once')
  .action(async (choices: Partial<Choices> & { dir: string }) => {
    const { dir, once: first = false } = choices;
    process.exitCode = await perform({ ...toStage({ dir, once: first }), namespaced: true });
  });

program.command('requester <interface>', { hidden: true }).action(request);

await program.parseAsync();

function toStage({ dir, once: first }: Choices): { directory: string; once: boolean } {
  return { directory: dir, once: first };
}

/** Why namespaces cannot be made; `undefined` if they can. */
function obstacleToNamespaces(): string | undefined {
  for (const [command, args] of [
    ['ip', ['-V']],
    ['unshare', [...UNSHARE, 'ip', 'link', 'set', 'lo', 'up']],
  ] as const) {
    const { error, status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    if (error !== undefined) return `${command} is not installed`;
    if (status !== 0) return stderr.trim() || `${command} failed`;
  }
  return undefined;
}

/** Runs this program again inside a namespace; that one's end is ours. */
async function runNamespaced({ dir, once: first }: Choices): Promise<number> {
  const entry = fileURLToPath(import.meta.url);
  const args = [process.execPath, entry, 'stage', '--dir', dir, ...(first ? ['--once'] : [])];
  const child = spawn('unshare', [...UNSHARE, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  process.on('SIGINT', () => undefined); // The terminal tells the child too.
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

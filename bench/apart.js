import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs a measurement in a network of its own, and leaves nothing behind. Its last line of output is the result. */
export async function measureApart(script, args, env = {}) {
  const command = [process.execPath, script, ...args];
  const child = spawn('test/cluster/private-network.sh', command, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${script} ${args.join(' ')} failed`);
  return JSON.parse(output.trimEnd().split('\n').at(-1));
}

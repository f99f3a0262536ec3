/** metal-controller: assigns addresses to Services. legacy.md §3 */
import { controllerMetrics, sourceMetrics } from '../metrics/index.ts';
import { ConfigKeeper } from '../sources/index.ts';
import { configurationTask, connect, groundOf, recordEvents } from './cluster.ts';
import { makeController, makeMemberlistSecret } from './controller-wiring.ts';
import { failToStart, leave, makeDaemon, runDaemon, serveMetrics, surroundings } from './daemon.ts';
import { type ControllerOptions, controllerOptions } from './flags/index.ts';
import { deliverEvents } from './tasks.ts';

const line = controllerOptions(process.argv.slice(2), await surroundings());
if (line.kind === 'exit') await leave(line, 'metal-controller');
else await main(line.options);

async function main(options: ControllerOptions): Promise<void> {
  const daemon = makeDaemon('controller', options.logLevel);
  const { register } = daemon;
  const { namespace, config: name, compat, port, enablePprof: profiling } = options;
  const { mlSecretName: secret, deployment } = options;

  let client;
  try {
    client = connect(options.kubeconfig, daemon);
  } catch (error) {
    return failToStart(daemon, { error, msg: 'failed to create k8s client' });
  }
  if (secret !== '') {
    try {
      await makeMemberlistSecret({ secret, deployment, namespace }, { ...daemon, client });
    } catch (error) {
      return failToStart(daemon, { error, msg: 'failed to create memberlist secret' });
    }
  }

  const events = recordEvents(client, 'metallb-controller', groundOf('events', daemon));
  const observer = controllerMetrics(register);
  const parts = makeController(compat, {
    ...daemon,
    client,
    events,
    observer,
    released: () => keeper.retry(),
  });
  const keeper = new ConfigKeeper(
    {
      ...groundOf('sources', daemon),
      consumer: parts.controller,
      events,
      observer: sourceMetrics(register),
    },
    { compat, mode: 'none' },
  );
  const configuration = configurationTask(options.source, { namespace, name }, keeper, {
    ...groundOf('sources', daemon),
    client,
  });
  await runDaemon(
    [
      [serveMetrics({ host: '', port, profiling }, daemon), deliverEvents(events)],
      [configuration, parts.services],
      [parts.task],
    ],
    daemon,
  );
  keeper.close();
  client.close();
}

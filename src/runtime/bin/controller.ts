#!/usr/bin/env -S node --max-semi-space-size=1 --no-opt --no-maglev --optimize-for-size --v8-pool-size=1
/** metal-controller: assigns addresses to Services. legacy.md §3 */
import type { HttpApiClient } from '../kube/index.ts';
import { connect, groundOf, recordEvents } from './daemon/cluster.ts';
import { makeConfiguration } from './daemon/configuration.ts';
import { makeController, makeMemberlistSecret } from './daemon/controller.ts';
import {
  type Daemon,
  leave,
  makeDaemon,
  orFail,
  runDaemon,
  serveMetrics,
  surroundings,
} from './daemon/daemon.ts';
import { type ControllerOptions, controllerOptions } from './flags/index.ts';
import { makeStatus } from './daemon/status.ts';
import { deliverEvents } from './daemon/tasks.ts';
import type { WebhookParts } from './webhook/webhook.ts';

const line = controllerOptions(process.argv.slice(2), await surroundings());
if (line.kind === 'exit') await leave(line, 'metal-controller');
else await main(line.options);

async function main(options: ControllerOptions): Promise<void> {
  const daemon = makeDaemon('controller', options.logLevel);
  const client = await orFail(daemon, 'failed to create k8s client', () =>
    connect(options.kubeconfig, daemon),
  );
  if (client === 'failed') return;
  if (options.webhook.mode === 'onlywebhook') await onlyWebhook(options, daemon, client);
  else await assign(options, daemon, client);
  client.close();
}

/** The webhook, whose code is read only where it is on. */
async function loadWebhook(
  options: ControllerOptions,
  daemon: Daemon,
  client: HttpApiClient,
): Promise<WebhookParts> {
  if (options.webhook.mode === 'disabled') return { tasks: [], before: (task) => task };
  const { makeWebhook } = await import('./webhook/webhook.ts');
  // Beside this program; a part that is loaded later does not know where that is.
  const certificateWorker = new URL('./certificate-worker.js', import.meta.url);
  return makeWebhook(options, { daemon, client, certificateWorker });
}

/** `--webhook-mode=onlywebhook`: another process assigns addresses. */
async function onlyWebhook(
  options: ControllerOptions,
  daemon: Daemon,
  client: HttpApiClient,
): Promise<void> {
  const { port, enablePprof: profiling } = options;
  const webhook = await loadWebhook(options, daemon, client);
  const page = webhook.before(serveMetrics({ host: '', port, profiling }, daemon));
  await runDaemon([[page], webhook.tasks], daemon);
}

/** Makes the memberlist Secret, if it is wanted. */
async function prepare(
  options: ControllerOptions,
  daemon: Daemon,
  client: HttpApiClient,
): Promise<'failed' | 'prepared'> {
  const { mlSecretName: secret, deployment, namespace } = options;
  if (secret !== '') {
    const names = { secret, deployment, namespace };
    const made = await orFail(daemon, 'failed to create memberlist secret', () =>
      makeMemberlistSecret(names, { ...daemon, client }),
    );
    if (made === 'failed') return 'failed';
  }
  return 'prepared';
}

async function assign(
  options: ControllerOptions,
  daemon: Daemon,
  client: HttpApiClient,
): Promise<void> {
  if ((await prepare(options, daemon, client)) === 'failed') return;
  const { namespace, config, compat, port, enablePprof: profiling } = options;
  const events = recordEvents(client, 'metallb-controller', groundOf('events', daemon));
  const status = makeStatus({ ...daemon, client, events, namespace, compat });
  const parts = makeController(compat, {
    ...daemon,
    client,
    events,
    ...status.hearing,
    released: () => configuration.keeper.retry(),
    lbClass: options.lbClass,
  });
  const configuration = makeConfiguration(
    {
      source: options.source,
      namespace,
      config,
      compat,
      // What only some speakers do not serve is no reason to give no addresses.
      legacyMode: 'none',
      resourceMode: 'none',
      withoutWaiting: true,
    },
    daemon,
    {
      client,
      events,
      consumer: status.overhear(parts.controller),
      readings: status.readings,
    },
  );
  const webhook = await loadWebhook(options, daemon, client);
  const page = webhook.before(serveMetrics({ host: '', port, profiling }, daemon));
  await runDaemon(
    [
      [page, deliverEvents(events)],
      [...configuration.tasks, parts.services, parts.namespaces, ...webhook.tasks],
      status.tasks(configuration.statusOf),
      [parts.task],
    ],
    daemon,
  );
  configuration.close();
  status.close();
}

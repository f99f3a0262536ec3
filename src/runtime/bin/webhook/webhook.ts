import type { HttpApiClient } from '../../kube/index.ts';
import { webhookMetrics } from '../../metrics/index.ts';
import { type Task, seconds } from '../../platform/ports.ts';
import {
  CertificateKeeper,
  Permits,
  SecretStore,
  type ServingPair,
  TrustInjector,
  WebhookDesk,
  type WebhookObserver,
  WebhookServer,
  refusalOf,
} from '../../webhook/index.ts';
import { groundOf } from '../daemon/cluster.ts';
import type { Daemon } from '../daemon/daemon.ts';
import { abortOf } from '../daemon/tasks.ts';
import type { ControllerOptions } from '../flags/index.ts';
import { certificateFiles } from './certificate-files.ts';
import { threadIssuer } from './issuer.ts';
import { watchStored } from './stored.ts';

export interface WebhookParts {
  readonly tasks: readonly Task[];
  /**
   * Delays a task until the webhook answers and is trusted, or until that has taken too long: the page that readiness and liveness
   * probes ask for shall not be late because of certificates. docs/adr/0017-webhook-certificates.md
   */
  readonly before: (task: Task) => Task;
}

/** Where the Services of the manifests and of the chart send webhook requests. crd.md §3.7 */
const PORT = 9443;
const LONGEST_DELAY = seconds(15);

interface Whereabouts {
  readonly daemon: Daemon;
  readonly client: HttpApiClient;
  /** The program of the thread that makes certificates. */
  readonly certificateWorker: URL;
}

/** The webhooks of crd.md §2.10. */
export function makeWebhook(
  options: ControllerOptions,
  { daemon, client, certificateWorker }: Whereabouts,
): WebhookParts {
  const { namespace, config, compat, mode, webhook } = options;
  const around = { ...groundOf('webhook', daemon), client };
  const { clock, logger } = around;
  const observer = webhookMetrics(daemon.register);
  const stored = watchStored({ namespace, mode }, around);
  const legacy = { namespace, configMap: config, compat, mode };
  const desk = new WebhookDesk({ legacy, facts: stored.facts, observer, logger });
  const gate = new Gate(webhook.rotate ? ['serving', 'trusted'] : ['serving']);
  const server = new WebhookServer({
    ...{ host: '', port: PORT, http2: webhook.http2, clock, logger },
    answer: (path, body) => desk.answer(path, body),
    serving: (now) => {
      observer.serving(now);
      if (now) gate.pass('serving');
    },
    distrusted: () => certificates.look(),
  });
  const surroundings = { around, observer, gate, certificateWorker };
  const certificates = keepCertificates(options, surroundings, (pair) => server.present(pair));
  return {
    tasks: [server, certificates.task, ...stored.tasks],
    before: (task) => delayed(task, gate, around),
  };
}

interface Certificates {
  readonly task: Task;
  readonly look: () => void;
}

interface Surroundings {
  readonly around: ReturnType<typeof groundOf> & { readonly client: HttpApiClient };
  readonly observer: WebhookObserver;
  readonly gate: Gate;
  readonly certificateWorker: URL;
}

function keepCertificates(
  { namespace, webhook }: ControllerOptions,
  { around, observer, gate, certificateWorker }: Surroundings,
  present: (pair: ServingPair) => void,
): Certificates {
  const { clock, logger, client } = around;
  const expires = (at: number): void => observer.certificateExpires(at);
  if (!webhook.rotate) {
    const task = certificateFiles({ directory: webhook.certDir, present, expires, clock, logger });
    return { task, look: () => undefined };
  }
  const service = { namespace, name: webhook.certServiceName };
  const permits = new Permits({ client, clock, logger });
  const injector = new TrustInjector({ client, permits, logger, service });
  const keeper = new CertificateKeeper({
    store: new SecretStore(client, permits, namespace),
    issue: threadIssuer(certificateWorker),
    refusal: refusalOf,
    inject: (authorities, signal) => injector.inject(authorities, signal),
    ...{ present, expires, service, clock, logger },
    looked: (outcome) => (outcome === 'settled' ? gate.pass('trusted') : gate.open()),
  });
  return { task: keeper, look: () => keeper.look() };
}

/** Opens once, at the latest when all that it waits for has happened. */
class Gate {
  readonly #awaited: Set<string>;
  open: () => void = () => undefined;
  readonly opened: Promise<void> = new Promise<void>((resolve) => (this.open = resolve));

  constructor(awaited: readonly string[]) {
    this.#awaited = new Set(awaited);
  }

  pass(happened: string): void {
    this.#awaited.delete(happened);
    if (this.#awaited.size === 0) this.open();
  }
}

function delayed(task: Task, gate: Gate, { clock }: Pick<Daemon, 'clock'>): Task {
  return {
    name: task.name,
    run: async (signal) => {
      const timer = clock.after(LONGEST_DELAY, () => gate.open());
      await Promise.race([gate.opened, abortOf(signal)]);
      timer[Symbol.dispose]();
      if (!signal.aborted) await task.run(signal);
    },
  };
}

import { type ControlPlane, NAMESPACE } from '../../cluster/index.ts';

const CONFIG_MAP = `/api/v1/namespaces/${NAMESPACE}/configmaps/config`;
const EVENTS = `/api/v1/namespaces/${NAMESPACE}/events`;
const NAME = 'config.told';
const INTERVAL = 100;

/** A controller as far as a migration hears of it: it agrees with every version of the ConfigMap that it sees. */
export class ReportingController {
  readonly #plane: ControlPlane;
  readonly #timer: NodeJS.Timeout;
  #told = '';
  #busy = false;

  constructor(plane: ControlPlane) {
    this.#plane = plane;
    this.#timer = setInterval(() => void this.#look(), INTERVAL);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const { admin } = this.#plane;
    const { status, body } = await admin.request('GET', CONFIG_MAP);
    const { resourceVersion = '', uid = '' } =
      status === 200
        ? (body as { metadata: { resourceVersion: string; uid: string } }).metadata
        : {};
    if (resourceVersion !== '' && resourceVersion !== this.#told) {
      await admin.request('DELETE', `${EVENTS}/${NAME}`);
      await admin.create(EVENTS, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: NAME, namespace: NAMESPACE },
        involvedObject: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          namespace: NAMESPACE,
          name: 'config',
          uid,
        },
        source: { component: 'metallb-controller' },
        type: 'Normal',
        reason: 'ConfigSourcesAgree',
        message: `ConfigMap ${NAMESPACE}/config at ${resourceVersion} and more; both say the same`,
      });
      this.#told = resourceVersion;
    }
    this.#busy = false;
  }
}

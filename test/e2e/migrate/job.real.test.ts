import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { beforeAll, describe, expect, test } from 'vitest';
import { programFile } from '../../cluster/installation.ts';
import { ownCluster } from '../installed.ts';

const SYSTEM = 'metallb-system';
const ACCOUNT = 'metal-migrate';
const CONFIG = `
apiVersion: v1
kind: ConfigMap
metadata: {name: config, namespace: ${SYSTEM}}
data:
  config: |
    peers:
    - {my-asn: 64512, peer-asn: 64513, peer-address: 192.0.2.1, password: not-to-be-seen}
    address-pools:
    - {name: lan, protocol: layer2, addresses: [198.51.100.0/28]}
    - {name: Public_Pool, protocol: bgp, addresses: [203.0.113.0/28]}
`;
const SERVICE = `
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}
`;

interface Job {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly serviceAccountName: string;
        readonly containers: readonly { readonly args: readonly string[] }[];
      };
    };
  };
}

/** What the container of a Job is asked to do, with `/plan` being a folder of ours. */
function argumentsOf(manifest: string, folder: string): readonly string[] {
  const { spec } = load(readFileSync(manifest, 'utf8')) as Job;
  const [container] = spec.template.spec.containers;
  expect(spec.template.spec.serviceAccountName).toBe(ACCOUNT);
  return (container?.args ?? []).map((one) => one.replace('/plan/', `${folder}/`));
}

interface Ending {
  readonly code: number;
  readonly printed: string;
}

async function command(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ending> {
  const argv = [programFile('migrate'), ...args];
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, argv, { env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, printed: stdout + stderr });
      else reject(new Error(stderr, { cause: error }));
    });
  });
}

describe('the Jobs of metal-migrate', () => {
  const cluster = ownCluster({ audit: true, controllers: true });
  let kubeconfig: string;

  beforeAll(async () => {
    const { kubectl, plane } = cluster;
    await kubectl.must('apply', '-k', 'manifests/v0.12');
    await kubectl.must('apply', '-k', 'manifests/migrate/rights');
    await plane.admin.create(`/api/v1/namespaces/${SYSTEM}/configmaps`, load(CONFIG));
    await plane.admin.create('/api/v1/namespaces/default/services', load(SERVICE));
    kubeconfig = plane.kubeconfig(ACCOUNT, { token: await plane.token(SYSTEM, ACCOUNT) });
  });

  async function run(manifest: string): Promise<Ending> {
    const env = { KUBECONFIG: kubeconfig };
    return await command(argumentsOf(manifest, cluster.plane.dir), env);
  }

  /** What the account asked for since a count of its requests, as `verb code`. */
  function asked(since: number): ReadonlySet<string> {
    const entries = ofAccount(cluster.plane.audit()).slice(since);
    return new Set(
      entries.map(({ verb, responseStatus }) => `${verb} ${responseStatus?.code ?? 0}`),
    );
  }

  test.each(['plan', 'verify'])('are taken by the API server: %s', async (name) => {
    const line = ['apply', '--dry-run=server', '-k', `manifests/migrate/${name}`];
    const { code, complaint } = await cluster.kubectl.run(...line);

    expect({ code, complaint }).toEqual({ code: 0, complaint: '' });
  });

  test('and so is the Pod that fetches the page', async () => {
    const line = ['apply', '--dry-run=server', '-f', 'manifests/migrate/plan/page.yaml'];

    expect(await cluster.kubectl.run(...line)).toMatchObject({ code: 0, complaint: '' });
  });

  test('plan with the rights of their account, reading and nothing else', async () => {
    const before = ofAccount(cluster.plane.audit()).length;
    const { code, printed } = await run('manifests/migrate/plan/job.yaml');
    const page = readFileSync(join(cluster.plane.dir, 'plan.html'), 'utf8');

    expect({ code, printed }).toMatchObject({ code: 0 });
    expect(page).toMatch(/^<!doctype html>[^]*<h1>Nothing moves[^]*<\/html>\n$/);
    expect(page).toContain('default/web');
    expect(page).not.toMatch(/forbidden|not-to-be-seen/);
    const requests = [...asked(before)].sort();
    expect(requests.length).toBeGreaterThan(0);
    expect(requests.filter((one) => !/^(get|list) (200|404)$/.test(one))).toEqual([]);
  });

  test('verify what GitOps brought, with the same rights', async () => {
    const { kubectl, plane } = cluster;
    await kubectl.must('apply', '-k', 'manifests/v0.13/crds');
    await kubectl.must('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
    const folder = join(plane.dir, 'resources');
    await convert(folder);
    await kubectl.must('apply', '-k', folder);
    const before = ofAccount(plane.audit()).length;
    const { code, printed } = await run('manifests/migrate/verify/job.yaml');

    expect({ code, printed }).toMatchObject({ code: 0 });
    expect(printed).not.toMatch(/forbidden|not-to-be-seen/);
    expect([...asked(before)].filter((one) => !/^(get|list) (200|404)$/.test(one))).toEqual([]);
  });

  async function convert(folder: string): Promise<void> {
    const env = { KUBECONFIG: cluster.plane.kubeconfig('admin', cluster.plane.adminUser) };
    const { code, printed } = await command(['convert', 'cluster', '--output-dir', folder], env);
    expect({ code, printed }).toMatchObject({ code: 0 });
  }
});

type Entries = ReturnType<ReturnType<typeof ownCluster>['plane']['audit']>;

function ofAccount(entries: Entries): Entries {
  return entries.filter(
    ({ user }) => user.username === `system:serviceaccount:${SYSTEM}:${ACCOUNT}`,
  );
}

import { join } from 'node:path';
import type { Namespace } from '../../support/netns.ts';
import { Program } from '../program.ts';

export interface KubeProxyOptions {
  readonly node: string;
  readonly namespace: Namespace;
  readonly program: string;
  readonly kubeconfig: string;
  readonly dir: string;
}

/** What the kubelet lays down for kube-proxy, which only fills it: packets marked here are dropped. */
const KUBELET_RULES = [
  '-t nat -N KUBE-MARK-DROP',
  '-t nat -A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000',
  '-N KUBE-FIREWALL',
  '-A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP',
  '-I INPUT -j KUBE-FIREWALL',
  '-I OUTPUT -j KUBE-FIREWALL',
];

/** Starts the real kube-proxy of a node, in iptables mode. */
export function startKubeProxy(options: KubeProxyOptions): Program {
  const { node, namespace, program, kubeconfig, dir } = options;
  for (const rule of KUBELET_RULES) namespace.exec('iptables', ...rule.split(' '));
  const flags = [
    ...[`--kubeconfig=${kubeconfig}`, '--proxy-mode=iptables', `--hostname-override=${node}`],
    ...['--cluster-cidr=10.244.0.0/16', '--healthz-bind-address=127.0.0.1:10256'],
    '--metrics-bind-address=127.0.0.1:10249',
    // A network namespace cannot change these, and kube-proxy ends when it tries in vain.
    ...['--conntrack-max-per-core=0', '--conntrack-tcp-timeout-established=0'],
    '--conntrack-tcp-timeout-close-wait=0',
  ];
  return new Program('ip', ['netns', 'exec', namespace.name, program, ...flags], {
    log: join(dir, `kube-proxy-${node}.log`),
  });
}

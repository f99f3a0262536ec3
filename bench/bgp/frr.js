import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { AS, LINK } from './addresses.js';

const PROGRAMS = '/usr/lib/frr';
const [NAMESPACE, NEAR, FAR] = ['frr', 'toward-frr', 'eth0'];
const ip = (...args) => execFileSync('ip', args, { encoding: 'utf8' });

/** FRR in a namespace, on a cable; what it hears does not reach the kernel, whose work is not what is measured. */
export class Frr {
  static async start({ Namespace, DaemonSet, awaitCarrier }) {
    const namespace = new Namespace(NAMESPACE);
    ip('link', 'add', NEAR, 'type', 'veth', 'peer', 'name', FAR, 'netns', namespace.name);
    ip('addr', 'add', `${LINK.announcer}/${LINK.length}`, 'dev', NEAR);
    ip('link', 'set', NEAR, 'up');
    namespace.ip('addr', 'add', `${LINK.frr}/${LINK.length}`, 'dev', FAR);
    namespace.ip('link', 'set', FAR, 'up');
    awaitCarrier(namespace, FAR);

    const daemons = new DaemonSet(namespace, 'frr');
    daemons.write('zebra.conf', 'log stdout warnings\n');
    daemons.write('bgpd.conf', CONFIGURATION);
    execFileSync('chown', ['-R', 'frr:frr', daemons.folder]);
    const run = (daemon, ...more) =>
      daemons.start(
        `${PROGRAMS}/${daemon}`,
        ...['-f', daemons.path(`${daemon}.conf`), '-i', daemons.path(`${daemon}.pid`)],
        ...['-z', daemons.path('zserv.api'), '--vty_socket', daemons.folder],
        ...['-A', '127.0.0.1', '-P', '0', ...more],
      );
    const answers = (daemon) => () => Terminal.open(daemons.path(`${daemon}.vty`));
    run('zebra');
    await daemons.ready('zebra answers', answers('zebra'));
    run('bgpd', '--no_kernel');
    await daemons.ready('bgpd answers', answers('bgpd'));
    const terminal = await Terminal.open(daemons.path('bgpd.vty'));
    return new Frr(namespace, daemons, terminal);
  }

  constructor(namespace, daemons, terminal) {
    this.namespace = namespace;
    this.daemons = daemons;
    this.terminal = terminal;
  }

  /** @returns {Promise<{ up: boolean, prefixes: number }>} how far the announcer has told it */
  async neighbor() {
    const { peers } = JSON.parse(await this.terminal.ask('show bgp ipv4 unicast summary json'));
    const { state, pfxRcd } = peers[LINK.announcer];
    return { up: state === 'Established', prefixes: pfxRcd ?? 0 };
  }

  /** What this session has brought by now: UPDATE messages, and octets of TCP. */
  async received() {
    const answer = await this.terminal.ask(`show bgp neighbors ${LINK.announcer} json`);
    const { updatesRecv } = JSON.parse(answer)[LINK.announcer].messageStats;
    const sockets = this.namespace.exec('ss', '-tinH', 'dst', LINK.announcer);
    const octets = Number(/bytes_received:(\d+)/.exec(sockets)?.[1] ?? 0);
    return { updates: updatesRecv, octets };
  }

  /** The attributes of a route, to see that all announcers say the same. */
  async attributesOf(prefix) {
    const { paths } = JSON.parse(await this.terminal.ask(`show bgp ipv4 unicast ${prefix} json`));
    const [{ aspath, origin, metric, nexthops, community }] = paths;
    return JSON.stringify([aspath.string, origin, metric, nexthops[0].ip, community?.string]);
  }

  async stop() {
    this.terminal.close();
    await this.daemons.stop('SIGTERM');
    this.namespace.delete();
  }
}

const CONFIGURATION = `log stdout warnings
router bgp ${AS.frr}
 bgp router-id ${LINK.frr}
 bgp graceful-restart-disable
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 neighbor ${LINK.announcer} remote-as ${AS.announcer}
 neighbor ${LINK.announcer} passive
 address-family ipv4 unicast
  neighbor ${LINK.announcer} activate
 exit-address-family
`;

/** The socket that vtysh uses: a question ends with an octet of zero, an answer with three and a code. */
class Terminal {
  #socket;
  #heard = [];
  #waiting;

  static async open(path) {
    const socket = connect(path);
    await once(socket, 'connect');
    const terminal = new Terminal(socket);
    await terminal.ask('enable');
    return terminal;
  }

  constructor(socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.#heard.push(chunk);
      if (chunk.length < 4 ? this.#heard.length > 1 : chunk.readUInt32BE(chunk.length - 4) < 256) {
        const text = Buffer.concat(this.#heard).subarray(0, -4).toString();
        this.#heard = [];
        this.#waiting(text);
      }
    });
  }

  ask(question) {
    return new Promise((resolve, reject) => {
      this.#waiting = resolve;
      this.#socket.once('error', reject);
      this.#socket.write(`${question}\0`, () => this.#socket.off('error', reject));
    });
  }

  close() {
    this.#socket.destroy();
  }
}

import { get } from 'node:http';
import { connect } from 'node:net';
import type { Container, Probe } from 'kubernetes-types/core/v1.d.ts';

/** Asks a container once by the rules of its probe: resolves with whether it answered in time and well. */
export async function ask(probe: Probe, container: Container, address: string): Promise<boolean> {
  const timeout = (probe.timeoutSeconds ?? 1) * 1000;
  const { httpGet, tcpSocket } = probe;
  if (httpGet !== undefined) {
    const port = portOf(container, httpGet.port);
    const host = httpGet.host ?? address;
    return await answersHttp({ host, port, path: httpGet.path ?? '/', timeout });
  }
  if (tcpSocket === undefined) throw new Error(`${container.name}: probe of an unknown kind`);
  return await answersTcp(tcpSocket.host ?? address, portOf(container, tcpSocket.port), timeout);
}

function portOf({ name, ports = [] }: Container, port: string | number): number {
  if (typeof port === 'number') return port;
  const found = ports.find((listed) => listed.name === port);
  if (found === undefined) throw new Error(`${name} has no port ${port}`);
  return found.containerPort;
}

interface Question {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly timeout: number;
}

async function answersHttp({ host, port, path, timeout }: Question): Promise<boolean> {
  return await new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeout);
    const call = get({ host, port, path, agent: false, signal }, (response) => {
      const { statusCode = 0 } = response;
      response.on('error', () => resolve(false)).on('end', () => resolve(statusCode < 400));
      response.resume();
    });
    call.on('error', () => resolve(false));
  });
}

async function answersTcp(host: string, port: number, timeout: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port, timeout });
    const say = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('connect', say(true)).on('error', say(false)).on('timeout', say(false));
  });
}

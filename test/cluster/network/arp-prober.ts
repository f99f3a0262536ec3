import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { Program } from '../program.ts';
import type { LanHost } from './lan.ts';

/** One question and who answered it; times in milliseconds since the epoch. */
interface Question {
  readonly address: string;
  readonly asked: number;
  /** The answers, first come first: when, and the MAC address that was claimed. */
  readonly answers: (readonly [at: number, mac: string])[];
}

/** How the questions about some addresses were answered. Durations in milliseconds. */
export interface Answering {
  readonly asked: number;
  readonly answered: number;
  /** Of the first answer to each answered question. */
  readonly p50: number;
  readonly p99: number;
  readonly slowest: number;
  /** The longest time from a question that was not answered at once to the next answer about that address. */
  readonly longestSilence: number;
  /** Questions that more than one machine answered. */
  readonly doubled: number;
  /** Who answered, in the order of the first answers. */
  readonly macs: readonly string[];
}

/** A question younger than this may yet be answered. */
const PATIENCE = 200;

let probers = 0;

/** A machine that asks by ARP all the time who has some addresses, and remembers when and by whom it was answered. */
export class ArpProber {
  readonly #program: Program;

  private constructor(program: Program) {
    this.#program = program;
  }

  /**
   * @param dir - where the program and what it heard are kept
   * @param every - milliseconds between two questions about an address
   */
  static async start(
    host: LanHost,
    dir: string,
    { addresses, every }: { readonly addresses: readonly string[]; readonly every: number },
  ): Promise<ArpProber> {
    probers += 1;
    const binary = join(dir, `arp-prober-${probers}`);
    execFileSync('gcc', ['-O1', '-Wall', '-o', binary, 'test/cluster/network/arp-prober.c']);
    const args = ['netns', 'exec', host.namespace.name, binary, 'eth0', String(every)];
    const program = new Program('ip', [...args, ...addresses], { log: `${binary}.answers` });
    const prober = new ArpProber(program);
    await eventually('the prober asks', () => {
      if (program.ending !== undefined) throw new Error(program.output());
      return program.output().includes('ask') || undefined;
    });
    return prober;
  }

  /**
   * What came of the questions.
   *
   * @param address - only those about this one
   * @param since - only those asked after this time, in milliseconds since the epoch
   */
  answering({ address, since = 0 }: { address?: string; since?: number } = {}): Answering {
    const only = { since, until: Date.now() - PATIENCE, ...(address !== undefined && { address }) };
    return answeringIn(this.#program.output(), only);
  }

  async stop(): Promise<void> {
    await this.#program.stop('SIGKILL');
  }
}

export interface Part {
  readonly address?: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Questions asked after this may yet be answered. */
  readonly until: number;
}

/** Reads what arp-prober.c printed. */
export function answeringIn(text: string, { address, since, until }: Part): Answering {
  const questions = questionsOf(text).filter((question) => {
    if (address !== undefined && question.address !== address) return false;
    return question.asked >= since && (question.asked < until || question.answers.length > 0);
  });
  return summarize(questions, until);
}

function questionsOf(text: string): Question[] {
  const questions: Question[] = [];
  const open = new Map<string, Question>();
  for (const line of text.split('\n').slice(0, -1)) {
    const [what, number = '', address = '', nanoseconds, mac = ''] = line.split(' ');
    const key = `${number} ${address}`;
    const time = Number(nanoseconds) / 1e6;
    if (what === 'ask') {
      const question = { address, asked: time, answers: [] };
      open.set(key, question);
      questions.push(question);
    } else if (what === 'answer') {
      open.get(key)?.answers.push([time, mac]);
    } else {
      throw new Error(`the prober said: ${line}`);
    }
  }
  return questions;
}

function summarize(questions: readonly Question[], end: number): Answering {
  const times = questions
    .flatMap(({ asked, answers: [first] }) => (first === undefined ? [] : [first[0] - asked]))
    .sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? Infinity;
  const addresses = new Set(questions.map(({ address }) => address));
  const silences = [...addresses].map((address) =>
    longestSilence(
      questions.filter((question) => question.address === address),
      end,
    ),
  );
  return {
    asked: questions.length,
    answered: times.length,
    p50: at(0.5),
    p99: at(0.99),
    slowest: times.at(-1) ?? Infinity,
    longestSilence: Math.max(0, ...silences),
    doubled: questions.filter(({ answers }) => new Set(answers.map(([, mac]) => mac)).size > 1)
      .length,
    macs: [...new Set(questions.flatMap(({ answers }) => answers.map(([, mac]) => mac)))],
  };
}

/**
 * Not the time between two answers: that would count it against those who answer when the asking machine slept. The
 * questions are those about one address, in the order in which they were asked.
 */
function longestSilence(questions: readonly Question[], end: number): number {
  const heard = questions.flatMap(({ answers }) => answers.map(([at]) => at)).sort((a, b) => a - b);
  let longest = 0;
  let next = 0;
  let waitingSince: number | undefined;
  for (const { asked } of questions) {
    for (; next < heard.length && (heard[next] ?? 0) <= asked; next += 1) {
      if (waitingSince !== undefined) {
        longest = Math.max(longest, (heard[next] ?? 0) - waitingSince);
      }
      waitingSince = undefined;
    }
    waitingSince ??= asked;
  }
  if (waitingSince === undefined) return longest;
  return Math.max(longest, (heard[next] ?? end) - waitingSince);
}

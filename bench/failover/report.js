import { median, table } from '../load.js';

/**
 * v0.12.1 with three nodes and one address (platform.md §3.1-3.4), milliseconds: without an answer, and with two, by
 * name of the scenario. It was not measured elsewhere.
 */
const REFERENCE = {
  'speaker kill -9': { silence: [5800, 6370] },
  'node cut off, carrier stays; back after 15 s': { silence: [5580, 6600], healing: 42_500 },
  'node cut off, carrier lost; back at once': { silence: [5580, 6600] },
  SIGTERM: { silence: [0, 0], double: [180, 180] },
  'rolling restart, 5 s apart': { silence: [0, 0], double: [500, 500] },
  'rolling restart': { silence: [0, 0], double: [450, 500] },
  'rolling restart, owner first': { silence: [0, 0], double: [800, 900] },
};
/** product.md §6, milliseconds. */
const LOSS = { median: 5800, worst: 7000 };
const FAST_WORST = 3000;
const HEALED = 2000;
const PROBE = 20;

const LOSSES = /^(speaker kill|node cut off)/;
const GRACEFUL = /^(SIGTERM|rolling)/;

/** Tables of the results, each a scenario on a stage with its runs. */
export function report(results) {
  const returning = results.filter(({ runs }) => runs.some(({ healing }) => healing));
  const lost = results.filter(({ runs }) => runs.some(({ detection }) => detection?.lost));
  return [
    'A speaker in each node, API server, etcd and the prober share the cores; there is no controller and no kube-proxy. The prober asks for every address by ARP every 20 ms. Without an owner: from the last answer to the next, none counted that is shorter than 60 ms; of several addresses, the worst. Two owners: from the first answer of one to the last of the other, all times of one address added; and the most questions in a row that both answered. v0.12.1, measured with three nodes and one address, stands beside. Where the prober itself stood still for more than a question, the machine was busy: silences that are none without that time, or of which no more is left than the prober stood still about then, are told apart and not counted.',
    table(
      [
        ...['what', 'nodes', 'addresses', 'runs'],
        ...['without an owner, median / worst', 'two owners, median / worst'],
        ...['prober stood still, worst', 'target'],
      ],
      results.map(resultRow),
    ),
    ...(returning.length === 0
      ? []
      : [
          'What comes back: from the end of the failure to the last double answer, and the longest time without an answer since.',
          table(
            [
              'what',
              'nodes',
              'runs',
              'two owners until, median / worst',
              'without an owner, worst',
            ],
            returning.map(returnRow),
          ),
        ]),
    ...(lost.length === 0
      ? []
      : [
          'Where the time went, medians from the failure on: the first member that gets no answer says so, the first that believes it, the heir announces (of several addresses the last).',
          table(
            ['what', 'nodes', 'addresses', 'suspected', 'lost', 'announced'],
            lost.map(detectionRow),
          ),
        ]),
  ].join('\n\n');
}

function resultRow({ name, nodes, addresses, flags, runs, failures }) {
  const reference =
    nodes === 3 && addresses === 1 && flags.length === 0 ? REFERENCE[name] : undefined;
  const silences = runs.map(({ longestSilence }) => longestSilence);
  const doubles = runs.map(({ doubled }) => doubled);
  const questions = worst(runs.map(({ doubledQuestions }) => doubledQuestions));
  return [
    [name, ...flags].join(', '),
    nodes,
    addresses,
    failures.length === 0 ? runs.length : `${runs.length}, **${failures.length} failed**`,
    against(silences, reference?.silence),
    `${against(doubles, reference?.double)}; ${questions} in a row`,
    disturbance(runs),
    verdict({ name, nodes, addresses, flags, runs, failures }),
  ];
}

function disturbance(runs) {
  const doubtful = runs.map((run) => run.doubtfulSilence).filter((silence) => silence > 0);
  const stood = shown(worst(runs.map((run) => run.stood)));
  return doubtful.length === 0
    ? stood
    : `${stood}; ${doubtful.length} runs with silences told apart, worst ${shown(worst(doubtful))}`;
}

/** What product.md asks of three nodes by default and in the fast profile, and of every graceful end. */
function verdict({ name, nodes, flags, runs, failures }) {
  const silences = runs.map(({ longestSilence }) => longestSilence);
  const met = (target, is) => `${target}: ${is && failures.length === 0 ? 'met' : '**missed**'}`;
  if (GRACEFUL.test(name)) {
    const brief = runs.every(
      ({ doubledQuestions, longestDouble }) => doubledQuestions <= 1 && longestDouble <= PROBE,
    );
    return met('no gap, never two for longer than a probe', worst(silences) === 0 && brief);
  }
  if (!LOSSES.test(name) || nodes !== 3) return '';
  if (flags.length > 0) return met('worst 3.0 s', worst(silences) <= FAST_WORST);
  const within = median(silences) <= LOSS.median && worst(silences) <= LOSS.worst;
  return met('median 5.8 s, worst 7.0 s', within);
}

function returnRow({ name, nodes, flags, runs }) {
  const until = runs.flatMap(({ healing }) => (healing ? [healing.doubledUntil] : []));
  const silence = worst(runs.map(({ healing }) => healing?.longestSilence ?? 0));
  const { healing } = REFERENCE[name] ?? {};
  const beside = healing === undefined ? '' : `, v0.12.1 ${shown(healing)}`;
  const target = worst(until) <= HEALED ? 'met' : '**missed**';
  return [
    [name, ...flags].join(', '),
    nodes,
    runs.length,
    `${shown(median(until))} / ${shown(worst(until))}${beside}; target 2.0 s: ${target}`,
    shown(silence),
  ];
}

function detectionRow({ name, nodes, addresses, flags, runs }) {
  const of = (what) => {
    const times = runs.flatMap(({ detection }) => detection?.[what] ?? []);
    return times.length === 0 ? '-' : shown(median(times));
  };
  return [
    [name, ...flags].join(', '),
    nodes,
    addresses,
    of('suspected'),
    of('lost'),
    of('announced'),
  ];
}

function against(figures, reference) {
  if (figures.length === 0) return '-';
  const [middle, most] = [median(figures), worst(figures)];
  const own = `${shown(middle)} / ${shown(most)}`;
  if (reference === undefined) return own;
  const [before, longest] = reference;
  const verdict = middle <= before && most <= longest ? aheadOf(middle, before) : '**behind**';
  return `${own}, v0.12.1 ${shown(before)} / ${shown(longest)}: ${verdict}`;
}

function aheadOf(own, reference) {
  return own === reference ? 'level' : 'ahead';
}

function worst(figures) {
  return Math.max(0, ...figures);
}

function shown(ms) {
  if (ms === 0) return 'none';
  return ms < 1000 ? `${ms.toFixed(ms < 100 ? 1 : 0)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

// Measures BFD at 3 x 50 ms against bfdd and prints what came of it as a line of JSON: measure.js CUTS SECONDS
// In a private network (test/cluster/private-network.sh), as root.
import { Link, buildPrograms, measureLag } from './link.js';

/** Milliseconds that a session is up before it is cut: every agreement on intervals is over by then. */
const SETTLING = 600;

const [cuts, seconds] = process.argv.slice(2).map(Number);
const programs = await buildPrograms();
try {
  const link = await Link.open(programs.folder);
  try {
    const stages = [];
    for (const busy of [false, true]) stages.push(await cutAndCut(link, busy));
    const steady = await stayUp(link);
    console.log(JSON.stringify({ stages, steady }));
  } finally {
    await link.close();
  }
} finally {
  programs.delete();
}

function pause(duration) {
  return new Promise((resolve) => setTimeout(resolve, duration));
}

async function up(link, index) {
  await link.packet(index, ({ way, state }) => way === 'out' && state === 'up');
  await link.packet(index, ({ way, state }) => way === 'in' && state === 'up');
  await pause(SETTLING + Math.random() * 50);
}

/** The router falls silent so many times: how long until our packets say so. */
async function cutAndCut(link, busy) {
  const program = link.serve(busy);
  const lagged = measureLag(programs.folder);
  await up(link, link.packets.length);
  program.waste();
  await pause(SETTLING);
  const detections = [];
  let flaps = 0;
  // The idle ones are there for comparison.
  const wanted = busy ? cuts : Math.ceil(cuts / 10);
  for (let cut = 0; cut < wanted; cut += 1) {
    const index = link.packets.length;
    const last = link.packets.at(-1);
    if (last.state !== 'up') {
      // A false alarm of a busy machine, not a cut: it is counted and not measured.
      flaps += 1;
      await up(link, index);
      continue;
    }
    const start = link.cut();
    const isAlarm = ({ at, way, state }) => way === 'out' && state === 'down' && at > start;
    const alarm = await link.packet(index, isAlarm);
    const heard = link.packets.findLast(({ at, way }) => way === 'in' && at < alarm.at);
    detections.push({ sinceCut: alarm.at - start, sinceHeard: alarm.at - heard.at });
    const mended = link.packets.length;
    link.mend();
    await up(link, mended);
    if (cut % 20 === 19) console.error(`${cut + 1} cuts, main loop ${busy ? 'busy' : 'idle'}`);
  }
  await program.end();
  return { busy, detections, flaps, lag: await lagged() };
}

/** Nothing fails for a while, with the main loop busy: what the wire says of that. */
async function stayUp(link) {
  const program = link.serve(true);
  await up(link, link.packets.length);
  program.waste();
  await pause(SETTLING);
  const lagged = measureLag(programs.folder);
  const start = link.packets.length;
  await pause(seconds * 1000);
  const packets = link.packets.slice(start);
  const lag = await lagged();
  await program.end();
  const falls = packets.filter(
    ({ way, state }, index) =>
      state === 'down' && packets.slice(0, index).findLast((p) => p.way === way)?.state === 'up',
  );
  return {
    seconds,
    lag,
    alarms: ['out', 'in'].map((way) => falls.filter((fall) => fall.way === way).length),
    gaps: { ours: gapsOf(packets, 'out'), theirs: gapsOf(packets, 'in') },
  };
}

/** Milliseconds between packets of one way. */
function gapsOf(packets, wanted) {
  const times = packets.filter(({ way }) => way === wanted).map(({ at }) => at);
  const gaps = times
    .slice(1)
    .map((at, index) => at - times[index])
    .sort((a, b) => a - b);
  const at = (share) => gaps[Math.min(gaps.length - 1, Math.floor(gaps.length * share))];
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

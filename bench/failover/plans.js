/** Nodes n1, n2, ... */
const nodes = (count) => Array.from({ length: count }, (_, index) => `n${index + 1}`);

const killed = { name: 'speaker kill -9', run: (failover, stage) => failover.killed(stage) };
const cutOff = (name, how) => ({ name, run: (failover, stage) => failover.cutOff(stage, how) });
const stopped = { name: 'SIGTERM', run: (failover, stage) => failover.stopped(stage) };
const restarted = (name, how) => ({
  name,
  run: (failover, stage) => failover.restarted(stage, how),
});

const cut = cutOff('node cut off, carrier stays; back after 15 s', { link: 'up', back: 15_000 });
const unplugged = cutOff('node cut off, carrier lost; back at once', { link: 'down' });
const cutShortly = cutOff('node cut off, carrier stays; back at once', { link: 'up' });
const still = {
  name: 'SIGSTOP for 12 s, then SIGCONT',
  run: (failover, stage) => failover.stoodStill(stage, 12_000),
};
const partition = {
  name: 'partition of 2 and 1, the owner among the 2, for 15 s',
  run: (failover, stage) => failover.partitioned(stage, 15_000),
};
const rolling = restarted('rolling restart', { rest: 0 });
const three = { nodes: nodes(3), addresses: 1, flags: [] };
const ten = { nodes: nodes(10), addresses: 1, flags: [] };
const hundred = { nodes: nodes(3), addresses: 100, flags: [] };
const fast = { nodes: nodes(3), addresses: 1, flags: ['--failover=fast'] };

/**
 * What is measured, in groups with a network of their own. Those in which timers of seconds decide run side by side;
 * the others, in which milliseconds do, run alone.
 */
export const PLANS = {
  failures: {
    together: true,
    stages: [{ ...three, scenarios: [killed, cut, still] }],
  },
  partitions: {
    together: true,
    stages: [
      { ...three, scenarios: [unplugged, partition] },
      { ...fast, scenarios: [killed, cutShortly, unplugged] },
    ],
  },
  more: {
    together: true,
    stages: [
      { ...ten, scenarios: [killed, cutShortly] },
      { ...hundred, scenarios: [killed] },
    ],
  },
  restarts: {
    together: false,
    stages: [
      {
        ...three,
        scenarios: [
          stopped,
          restarted('rolling restart, 5 s apart', { rest: 5000 }),
          rolling,
          restarted('rolling restart, owner first', { rest: 0, first: 'owner' }),
        ],
      },
      { ...ten, scenarios: [stopped, rolling] },
      { ...hundred, scenarios: [stopped, rolling] },
      { ...fast, scenarios: [stopped] },
    ],
  },
};

// Preloaded into a process that is measured: tells what it took when it ends.
import { writeSync } from 'node:fs';

process.on('exit', () => {
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  writeSync(2, `took ${maxRSS} kB ${userCPUTime + systemCPUTime} us\n`);
});

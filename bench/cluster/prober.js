// Starts a curl every 30 ms, each with 200 ms to succeed, and prints the time of the first success in milliseconds since
// 1970. Runs in the client's network namespace: prober.js URL
import { spawn } from 'node:child_process';

const BETWEEN_MS = 30;
const ARGS = ['--silent', '--fail', '--output', '/dev/null', '--max-time', '0.2', '--noproxy', '*'];
const url = process.argv[2];
const timer = setInterval(() => {
  spawn('curl', [...ARGS, url], { stdio: 'ignore' }).on('exit', (code) => {
    if (code !== 0) return;
    console.log(performance.timeOrigin + performance.now());
    clearInterval(timer);
    process.exit();
  });
}, BETWEEN_MS);
console.log('probing');

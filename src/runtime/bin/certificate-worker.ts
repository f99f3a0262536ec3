/** The thread that makes a certificate and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { type IssueOrder, issue } from '../webhook/issuing/index.ts';

parentPort?.postMessage(await issue(workerData as IssueOrder));

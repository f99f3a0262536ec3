// What pods of the tests run: tells who answered and who asked, over HTTP, and over UDP in one datagram.
// PORT (8080) and UDP_PORT (none) are environment variables.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import { hostname } from 'node:os';

const { POD_NAME = hostname(), PORT = '8080', UDP_PORT } = process.env;
const told = (address = '') =>
  JSON.stringify({ pod: POD_NAME, client: address.replace(/^::ffff:/, '') });

const server = createServer((request, response) => {
  response.setHeader('content-type', 'application/json');
  response.setHeader('connection', 'close');
  response.end(`${told(request.socket.remoteAddress)}\n`);
}).listen(Number(PORT));

if (UDP_PORT !== undefined) {
  const socket = createSocket('udp4');
  socket.on('message', (_, { address, port }) => socket.send(told(address), port, address));
  socket.bind(Number(UDP_PORT));
}

process.on('SIGTERM', () => {
  server.close();
  process.exit(0);
});

// Node's own http server with known settings: server.js [KEEP-ALIVE-MS [REQUESTS]]
// The paths below make it answer in the ways that a static file server has no occasion for.
'use strict';
const http = require('http');
const crypto = require('crypto');

const routes = {
  '/crash': () => process.exit(1),
  '/slow': (request, response) => setTimeout(() => response.end('late\n'), 4000),
  '/nothing': (request, response) => { response.writeHead(204); response.end(); },
  '/unchanged': (request, response) => {
    response.writeHead(304, { ETag: '"1"' });
    response.end();
  },
  '/chunked': (request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain', Trailer: 'Checksum' });
    response.write('one\n');
    response.write('two\n');
    response.addTrailers({ Checksum: 'abc' });
    response.end();
  },
  '/hints': (request, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
    setTimeout(() => answer(response), 50);
  },
  '/upload': (request, response) => {
    request.resume();
    request.on('end', () => answer(response));
  },
};

function answer(response) {
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 6 });
  response.end('hello\n');
}

const server = http.createServer((request, response) => {
  console.log(Date.now() / 1000, request.socket.remotePort, request.method, request.url);
  (routes[request.url] || ((q, r) => answer(r)))(request, response);
});

// RFC 6455: the handshake, one text frame, and the close frame answered; no more is needed here.
server.on('upgrade', (request, socket) => {
  const accept = crypto.createHash('sha1')
    .update(request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11')
    .digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n' +
    `Connection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  socket.write(Buffer.from([0x81, 0x05, 0x68, 0x65, 0x6c, 0x6c, 0x6f]));
  socket.on('data', () => { socket.write(Buffer.from([0x88, 0x00])); socket.end(); });
});

server.keepAliveTimeout = Number(process.argv[2] || 5000);
server.maxRequestsPerSocket = Number(process.argv[3] || 0);
server.on('connection', (socket) => {
  const port = socket.remotePort;
  socket.on('close', () => console.log(Date.now() / 1000, port, 'closed'));
});
server.listen(80, '192.0.2.80');

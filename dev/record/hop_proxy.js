// A reverse proxy as one writes it with Node's http module: hop_proxy.js HOST PORT BACK-HOST BACK-PORT.
// It hands all fields on as they are, and keeps connections to the backend.
'use strict';
const http = require('http');
const [, , host, port, backHost, backPort] = process.argv;
const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });

http.createServer((request, response) => {
    const options = { host: backHost, port: backPort, method: request.method, path: request.url,
                      headers: request.headers, agent };
    const back = http.request(options, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
    });
    back.on('error', () => {
        if (!response.headersSent)
            response.writeHead(502, { 'content-length': 0 });
        response.end();
    });
    request.pipe(back);
}).listen(Number(port), host);

/* The texts of the rules, and the catalogue of all that is known of each. Who looks a rule up calls
 * rule_info(). The texts are for people who did not write the program at fault. In the examples
 * `>>>` is the client, `<<<` is the server, and the lines of a head stand below each other.
 *
 * A rule of rules.def without texts here does not compile, and neither do texts without a rule. */
#include "judge/rules.h"

#define TEXT(id) static const RuleText text_##id

TEXT(REQUEST_AFTER_CLIENT_CLOSE) = {
    .summary = "a further request on a connection on which the client had sent the close "
               "option",
    .explanation = "A client that has sent the close option must send no further request on "
                   "that connection. The server must close the connection and must not "
                   "process later requests. So the second request is lost, or it is answered "
                   "against the rules. Bytes after a CONNECT do not count: they may be "
                   "payload that the client was allowed to send early.",
    .example = ">>> GET /a HTTP/1.1\n"
               "    Host: h\n"
               "    Connection: close\n"
               ">>> GET /b HTTP/1.1\n"
               "    Host: h\n",
    .advice = "Send close with the last request only, and take the connection out of the pool "
              "at that moment.",
};

TEXT(REQUEST_AFTER_SERVER_CLOSE) = {
    .summary = "a further request, sent in knowledge of a response head with the close option",
    .explanation = "A client that has received the close option must send no more requests on "
                   "that connection. The client's acknowledgement shows that it had received "
                   "the option, and that the request was not already waiting to be sent. A "
                   "request that crossed the response does not count.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Connection: close\n"
               "    Content-Length: 0\n"
               ">>> (acknowledges all of it)\n"
               ">>> GET /b HTTP/1.1\n"
               "    Host: h\n",
    .advice = "Read the Connection field of each response before you put the connection back "
              "into the pool.",
};

TEXT(RESPONSE_AFTER_CLOSE) = {
    .summary = "a further final response after either side's close (HTTP/1.0's default: a "
               "warning)",
    .explanation = "When either side has sent the close option, the server must close after "
                   "the response to that request. It must not process later requests. If only "
                   "the version HTTP/1.0 declared the close, and no option did, the finding "
                   "is a warning.",
    .example = ">>> GET /a HTTP/1.1\n"
               "    Host: h\n"
               "    Connection: close\n"
               "<<< HTTP/1.1 200 OK\n"
               "    Content-Length: 0\n"
               ">>> GET /b HTTP/1.1\n"
               "    Host: h\n"
               "<<< HTTP/1.1 200 OK\n"
               "    Content-Length: 0\n",
    .advice = "Make the server stop reading requests, and close, once a close option has been "
              "sent or received.",
};

TEXT(LEFT_OPEN) = {
    .summary = "close was declared, and the connection is witnessed open later than "
               "--close-grace (HTTP/1.0's default: a warning)",
    .explanation = "When either side has sent the close option, the server must close the "
                   "connection after its response. Later than --close-grace, the server sent "
                   "a segment whose number proves that it had sent no FIN. Silence would "
                   "prove nothing. If only the version HTTP/1.0 declared the close, the "
                   "finding is a warning.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Connection: close\n"
               "    Content-Length: 0\n"
               ">>> (10 s later: keep-alive probe)\n"
               "<<< (answers it; no FIN so far)\n",
    .advice = "Close the socket after such a response. Look for connections that are not "
              "released after an error, and for a balancer that keeps its own connections "
              "open.",
};

TEXT(CLOSED_LATE) = {
    .summary = "close was declared, and the connection was closed later than --close-grace",
    .explanation = "When either side has sent the close option, the server must close the "
                   "connection after its response. It was closed in the end, but later than "
                   "--close-grace. If the client closed it, the server had failed to do so; "
                   "the finding also names a client that had received the option. Meanwhile "
                   "both sides hold a connection that nobody can use.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Connection: close\n"
               "    Content-Length: 0\n"
               "<<< (7 s later) FIN\n",
    .advice = "Look for a lingering or idle timeout that runs before the connection is "
              "closed.",
};

TEXT(CLOSE_NOT_ECHOED) = {
    .summary = "the request said close, and the HTTP/1.1 response to it did not",
    .explanation = "If a request has the close option, the server should send it in the final "
                   "response too. Then a reader of the response alone knows that the "
                   "connection ends.",
    .example = ">>> GET / HTTP/1.1\n"
               "    Host: h\n"
               "    Connection: close\n"
               "<<< HTTP/1.1 200 OK\n"
               "    Content-Length: 0\n",
    .advice = "Send Connection: close in each response after which the server closes.",
};

TEXT(UNDECLARED_CLOSE) = {
    .summary = "closed within --prompt-close of a complete response that promised persistence",
    .explanation = "A sender that intends to close the connection should announce it with the "
                   "close option. A server that closes right after a response had already "
                   "decided to close. Clients that rely on the promise lose their next "
                   "request.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Content-Length: 0\n"
               "<<< (at once) FIN\n",
    .advice = "Send Connection: close with the last response. Look for limits on requests or "
              "on a connection's age, for workers that are recycled, and for error paths that "
              "close without an announcement.",
};

TEXT(HTTP10_REUSED) = {
    .summary = "a further request, sent in knowledge of an HTTP/1.0 response without "
               "keep-alive",
    .explanation = "An HTTP/1.0 response without the keep-alive option ends its connection. "
                   "The server closes after it, and a later request is lost. The client's "
                   "acknowledgement shows that it had received this response.",
    .example = "<<< HTTP/1.0 200 OK\n"
               "    Content-Length: 0\n"
               ">>> GET /b HTTP/1.1\n"
               "    Host: h\n",
    .advice = "Keep a connection to an HTTP/1.0 server only if its response says keep-alive.",
};

TEXT(KEEPALIVE_RACE) = {
    .summary = "a request crossed the server's idle close and was lost",
    .explanation = "The server closed an idle connection while the next request was on its "
                   "way. The numbers show that neither side knew of the other: the server's "
                   "FIN acknowledges no byte of the request, and the client sent the request "
                   "without knowledge of the FIN. Nobody is at fault, unless the same close "
                   "broke a promise: then closed-before-timeout or undeclared-close stands "
                   "beside it. This is the classic cause of sporadic 502s.",
    .example = "<<< FIN\n"
               ">>> GET /b HTTP/1.1        (acknowledges nothing of the FIN)\n"
               "    Host: h\n"
               "<<< RST\n",
    .advice = "Let the client give up idle connections some seconds before the server does, "
              "and let it retry requests that are idempotent.",
};

TEXT(CONNECTION_FORGOTTEN) = {
    .summary = "a request on an idle connection was answered by a RST from a machine that no "
               "longer knew it",
    .explanation = "The RST has no ACK flag, and its sequence number is exactly what the "
                   "request acknowledged. Such a RST comes from a machine that does not know "
                   "the connection: a balancer or NAT that dropped it while it was idle, a "
                   "standby machine that took over, or a server that was restarted. The "
                   "capture shows no earlier close.",
    .example = ">>> GET /b HTTP/1.1        (acknowledges N)\n"
               "    Host: h\n"
               "<<< RST seq=N\n",
    .advice = "Keep idle times below the limit of every box on the path, or send TCP "
              "keep-alives more often than that.",
};

TEXT(REQUEST_AFTER_FIN) = {
    .summary = "a request was sent in knowledge of the server's FIN",
    .explanation = "A client should watch its persistent connections for the other side's "
                   "close. The client's TCP had acknowledged the server's FIN, and nothing "
                   "held the request back after that. So the client sent the request on a "
                   "connection that its TCP knew to be closed, and the request is lost.",
    .example = "<<< FIN\n"
               ">>> (acknowledges it)\n"
               ">>> GET /b HTTP/1.1\n"
               "    Host: h\n",
    .advice = "Make the pool check a connection for end of file before each use, and drop the "
              "connection if there is one.",
};

TEXT(CLOSED_UNANSWERED) = {
    .summary = "the server had received a request whole, and closed without an answer",
    .explanation = "The server's closing segment acknowledges the whole request, yet the "
                   "server sent no byte of a response. The server may have acted on the "
                   "request. Therefore only an idempotent request can be sent again.",
    .example = ">>> GET /b HTTP/1.1\n"
               "    Host: h\n"
               "<<< FIN                    (acknowledges all of it)\n",
    .advice = "Look for workers that crashed, and for an idle timer that fires while a "
              "request waits in the socket.",
};

TEXT(CLOSED_DURING_REQUEST) = {
    .summary = "the server had received part of a request, and closed without an answer",
    .explanation = "The server's closing segment acknowledges a part of the request. So the "
                   "server closed while the request was arriving, and the client cannot know "
                   "how much of it had an effect.",
    .example = ">>> POST /b HTTP/1.1\n"
               "    Host: h\n"
               "    Content-Length: 4\n"
               "\n"
               "    ab\n"
               "<<< FIN                    (acknowledges these bytes)\n"
               ">>> cd\n",
    .advice = "Look for timeouts on reading requests, and answer 408 or 413 before closing.",
};

TEXT(RESPONSE_AT_RISK) = {
    .summary = "the server sent a RST while bytes of its complete response were "
               "unacknowledged",
    .explanation = "A RST makes the client's TCP discard data that the client program has not "
                   "read yet. So the response may be lost although the server sent all of it. "
                   "This happens when a program closes a socket that still holds unread bytes "
                   "of a request.",
    .example = "<<< HTTP/1.1 413 Content Too Large\n"
               "    Connection: close\n"
               "    Content-Length: 0\n"
               "<<< RST                    (before the response is acknowledged)\n",
    .advice = "Close in stages: shut down the writing side, read until the client closes or a "
              "time limit is reached, then close.",
};

TEXT(ABORTED) = {
    .summary = "the server closed before its response was complete (before any byte of one: "
               "a warning)",
    .explanation = "The server ended the connection before its response reached the promised "
                   "Content-Length or last chunk. The client has only a part and cannot use "
                   "it. If no byte of the response had come, nothing was promised yet; then "
                   "the finding is a warning.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Content-Length: 1000\n"
               "\n"
               "    (10 bytes)\n"
               "<<< FIN\n",
    .advice = "Look for crashes and timeouts of the server and of the systems behind it, and "
              "for a wrong Content-Length.",
};

TEXT(CLIENT_ABORTED) = {
    .summary = "the client closed or reset before the response was complete",
    .explanation = "The client ended the connection while a response was outstanding or "
                   "arriving. The cause is a timeout, or a person who left the page. A client "
                   "may close at any time; if it does so often, something is slow.",
    .example = ">>> GET /slow HTTP/1.1\n"
               "    Host: h\n"
               ">>> FIN\n",
    .advice = "Compare the times with the client's timeouts, and with the time that the "
              "server takes.",
};

TEXT(CLIENT_GAVE_UP) = {
    .summary = "a request got no byte of a response until the client ended the connection",
    .explanation = "The client waited, and then closed or reset the connection. Nobody can see "
                   "from outside whether the server was too slow, the client too impatient, or "
                   "whether the request never arrived. The finding says how long the client "
                   "waited, how often the request was sent, and whether the capture has an "
                   "acknowledgement of it. A client whose FIN closes only its own direction "
                   "looks the same if the server then closes without a response.",
    .example = ">>> GET /slow HTTP/1.1\n"
               "    Host: h\n"
               "<<< (acknowledges it)\n"
               ">>> (30 s later) FIN\n",
    .advice = "If the request was acknowledged, look for what it waited for in the server. If it "
              "never was, look at the path: a firewall or NAT that has forgotten the connection "
              "drops packets without a word.",
};

TEXT(LOST_AFTER_CLOSE) = {
    .summary = "a request got no byte of a response behind an exchange that had declared close",
    .explanation = "The connection did what was declared: it ended. But the client had sent one "
                   "more request on it, and that request is lost. The close may have crossed the "
                   "request, or the client overlooked it; if the packets prove that it knew, "
                   "request-after-server-close or request-after-client-close says so.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Connection: close\n"
               "    Content-Length: 0\n"
               ">>> GET /b HTTP/1.1\n"
               "    Host: h\n"
               "<<< FIN\n",
    .advice = "Send the request again on another connection. Read the Connection field of a "
              "response before you use its connection again.",
};

TEXT(HALF_CLOSE_UNANSWERED) = {
    .summary = "the client sent its FIN within --prompt-close of a whole request, and the server "
               "closed without any response",
    .explanation = "A client may close its own direction when it has sent its last request, and "
                   "still wait for the response. Some servers take the FIN for the end of the "
                   "whole connection and drop the request. A client that closed its socket "
                   "altogether looks the same, therefore it is a note.",
    .example = ">>> GET / HTTP/1.1\n"
               "    Host: h\n"
               ">>> FIN\n"
               "<<< FIN\n",
    .advice = "Let the client keep its direction open until the response has come, or let the "
              "server answer the requests that it has received before it closes.",
};

TEXT(IDLE_RESET) = {
    .summary = "an idle connection was ended by a RST, without a FIN",
    .explanation = "A side that wants to end an idle connection should close it with a FIN. A "
                   "RST on an idle connection loses no data. But it hides who decided to "
                   "close, because boxes on the path send resets in the name of either side.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Content-Length: 0\n"
               ">>> (20 s later) RST\n",
    .advice = "Look for sockets closed with SO_LINGER 0, and for firewalls that end idle "
              "connections.",
};

TEXT(HALF_OPEN) = {
    .summary = "one side closed, and the other is witnessed open later than --half-close",
    .explanation = "Each side should watch for the other's close and answer it with its own. "
                   "This side had acknowledged a FIN and had nothing left to send, and yet "
                   "the capture shows it open later than --half-close. Such connections pile "
                   "up (CLOSE_WAIT). Tunnels, upgrades and responses still being sent do not "
                   "count.",
    .example = "<<< FIN\n"
               ">>> (60 s later: a segment, no FIN so far)\n",
    .advice = "Close the socket when reading gives end of file.",
};

TEXT(UNSOLICITED_RESPONSE) = {
    .summary = "response bytes while no request was outstanding",
    .explanation = "A client that receives data while no request is outstanding must not "
                   "treat it as a response. If it does, it takes the data for the answer to "
                   "its next request. From then on, every answer goes to the wrong request.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Content-Length: 2\n"
               "\n"
               "    ok and more\n",
    .advice = "Look for a Content-Length that is too small, for bodies where none is allowed, "
              "and for responses sent twice. Make the client drop such a connection.",
};

TEXT(IDLE_408) = {
    .summary = "a 408 or 400 while no request was outstanding, as the server gave up waiting",
    .explanation = "Some servers send a 408 when an idle connection times out, and then "
                   "close. A client that sends its request at that moment may take the 408 "
                   "for the answer.",
    .example = "<<< HTTP/1.1 408 Request Timeout\n"
               "    Connection: close\n"
               "    Content-Length: 0\n"
               "<<< FIN\n",
    .advice = "Close idle connections without a response, and let clients ignore a 408 that "
              "comes before they have sent anything.",
};

TEXT(CLOSED_BEFORE_TIMEOUT) = {
    .summary = "closed sooner than the stated timeout, with max not used up",
    .explanation = "With Keep-Alive: timeout=N the server states how long it leaves an idle "
                   "connection open. It closed earlier, even after subtracting "
                   "--timeout-tolerance from N. The idle time counts from the earliest moment "
                   "at which the server program can have written the end of the response.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Connection: keep-alive\n"
               "    Keep-Alive: timeout=60\n"
               "    Content-Length: 0\n"
               "<<< (10 s later) FIN\n",
    .advice = "State the timeout that is really in force, in the box that closes: a proxy "
              "does not forward this field, so it has to state its own timeout.",
};

TEXT(MAX_EXCEEDED) = {
    .summary = "the server served more requests than the max that it had stated",
    .explanation = "Keep-Alive: max=M states how many more requests the connection will "
                   "serve. The server served more. A client that plans by that number plans "
                   "wrongly.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Connection: keep-alive\n"
               "    Keep-Alive: max=1\n"
               "    Content-Length: 0\n"
               "    (and two more requests are answered)\n",
    .advice = "State the limit that is really in force, or none: the close option says the "
              "same when the limit is reached.",
};

TEXT(MAX_NOT_REACHED) = {
    .summary = "the server said close with less than half of the stated max used",
    .explanation = "Keep-Alive: max=M states how many more requests the connection will "
                   "serve. The server ended the connection with the close option long before "
                   "that, and the client had not asked for the close.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Connection: keep-alive\n"
               "    Keep-Alive: max=100\n"
               "    Content-Length: 0\n"
               "    (the next response)\n"
               "<<< HTTP/1.1 200 OK\n"
               "    Connection: close\n"
               "    Content-Length: 0\n",
    .advice = "Look for the reason why the server ended the connection: an error, a restart, "
              "another limit.",
};

TEXT(KEEP_ALIVE_NOT_LISTED) = {
    .summary = "a Keep-Alive field without the keep-alive option",
    .explanation = "Keep-Alive describes this connection only, so its sender must list it in "
                   "Connection. (RFC 9110 section 7.6.1 demands this of every such field.) "
                   "Without the option, recipients must ignore the field. A proxy may forward "
                   "it to a connection for which it is wrong.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Keep-Alive: timeout=5\n"
               "    Content-Length: 0\n",
    .advice = "Send Connection: keep-alive with it, or leave the field out.",
};

TEXT(KEEP_ALIVE_MALFORMED) = {
    .summary = "a Keep-Alive parameter that is no number, repeated or unknown",
    .explanation = "A parameter has the form name=value. The known ones are timeout and max, "
                   "each with a number. Nobody can rely on anything else. Old browsers send a "
                   "bare number of seconds.",
    .example = ">>> GET / HTTP/1.1\n"
               "    Host: h\n"
               "    Connection: keep-alive\n"
               "    Keep-Alive: 300\n",
    .advice = "Write Keep-Alive: timeout=N, max=M, or leave the field out: hardly any server "
              "reads a client's limits.",
};

TEXT(KEEP_ALIVE_NOT_GRANTED) = {
    .summary = "an HTTP/1.0 request asked for keep-alive, the response did not grant it, and the "
               "server left the connection open longer than --close-grace",
    .explanation = "An HTTP/1.0 client that sends keep-alive knows only from the same option in "
                   "the response that the connection persists. Without it, such a client waits "
                   "for the close, and the close does not come: both sides wait for each other.",
    .example = ">>> GET / HTTP/1.0\n"
               "    Connection: keep-alive\n"
               "<<< HTTP/1.1 200 OK\n"
               "    Content-Length: 2\n"
               "<<< (6 s later: answers a probe; no FIN so far)\n",
    .advice = "Send Connection: keep-alive in the response to such a request, or close after it.",
};

TEXT(TIMEOUT_MISMATCH) = {
    .summary = "a client reuses connections that have been idle for about its server's idle "
               "timeout, and has lost requests by it (once per client and server)",
    .explanation = "The server's idle timeout is inferred from many of its connections; "
                   "docs/timeouts.md explains how, and how the result can be wrong. This "
                   "client sends requests after idle times at or close to that timeout (less "
                   "5 %, at least less 1 s). Some of these requests were lost: the frames "
                   "show that they crossed the close, came after it, or got no answer but the "
                   "close. A proxy answers a lost request with a 502, or repeats it if that "
                   "is allowed. Neither side breaks a rule; together they lose requests. The "
                   "row names the connection of the first request listed. It is written when "
                   "all connections are known.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Content-Length: 0\n"
               ">>> (5 s later) POST /order HTTP/1.1\n"
               "<<< FIN, which acknowledges nothing of the request\n"
               "    on one connection; and on many others, after 5 s idle:\n"
               "<<< FIN\n",
    .advice = "Let each hop keep idle connections longer than the hop before it: the server's "
              "idle timeout must be some seconds longer than the time after which its "
              "clients' pools drop an idle connection. Servers: nginx keepalive_timeout (75 "
              "s), Apache KeepAliveTimeout (5 s), Node.js server.keepAliveTimeout (5 s), "
              "gunicorn --keep-alive (2 s), Jetty idleTimeout (30 s). Balancers: HAProxy "
              "timeout http-keep-alive towards clients, and pool-purge-delay (5 s) towards "
              "servers; nginx keepalive_timeout in upstream (60 s); Envoy idle_timeout (1 h); "
              "AWS ALB idle timeout (60 s); Google's load balancer keeps connections to "
              "backends for 600 s, so a backend needs more, such as 620 s. Clients: undici "
              "keepAliveTimeout (4 s), Go Transport.IdleConnTimeout (90 s in "
              "DefaultTransport), Apache HttpClient 5 keep-alive (3 min, if the server states "
              "no timeout). docs/timeouts.md has the table with its sources.",
};

TEXT(CONFLICTING_OPTIONS) = {
    .summary = "close together with keep-alive in one message",
    .explanation = "The two options contradict each other. Close wins (RFC 9112 section 9.3). "
                   "But a peer that stops at the first option that it knows may keep a "
                   "connection that the other side closes.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Connection: keep-alive, close\n"
               "    Content-Length: 0\n",
    .advice = "Find the second place that sets the field. Often it is a proxy that adds to "
              "the existing value.",
};

TEXT(MALFORMED_CONNECTION) = {
    .summary = "a member of Connection that is no token",
    .explanation = "A connection option is a token: no blanks, quotes, parameters or bytes "
                   "beyond ASCII. Any other member matches nothing, and peers interpret it "
                   "differently.",
    .example = ">>> GET / HTTP/1.1\n"
               "    Host: h\n"
               "    Connection: keep alive\n",
    .advice = "Separate options by commas, and write each as one word.",
};

TEXT(EMPTY_CONNECTION_LINE) = {
    .summary = "several Connection lines, one of them without a member",
    .explanation = "Several lines form one list, but careless proxies read only the first "
                   "line. If that line is empty, they do not remove the fields that the other "
                   "lines name (CVE-2021-33197).",
    .example = ">>> GET / HTTP/1.1\n"
               "    Host: h\n"
               "    Connection:\n"
               "    Connection: X-Secret\n",
    .advice = "Send one Connection line. Make proxies read all of them.",
};

TEXT(HOP_BY_HOP_UNLISTED) = {
    .summary = "Transfer-Encoding, Trailer or a Proxy- field that Connection does not list "
               "(with --pedantic only)",
    .explanation = "RFC 2616 demanded that Connection list every field that concerns only the "
                   "connection. RFC 9110 no longer demands this for fields that have rules of "
                   "their own, and healthy traffic does not do it. Therefore the rule is "
                   "reported with --pedantic only.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Transfer-Encoding: chunked\n",
    .advice = "Change nothing, unless a peer is that old.",
};

TEXT(END_TO_END_NOMINATED) = {
    .summary = "Connection names a field that is meant for all recipients",
    .explanation = "A proxy removes every field that Connection names. So a sender must not "
                   "name a field that all recipients should read: it would not arrive. "
                   "Cache-Control is the RFC's example.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Connection: Cache-Control\n"
               "    Cache-Control: no-store\n"
               "    Content-Length: 0\n",
    .advice = "Take the field's name out of Connection. If a client sends this, ask whether "
              "it wants the field removed.",
};

TEXT(SENSITIVE_NOMINATED) = {
    .summary = "Connection names a field that tells who asks: X-Forwarded-For, Forwarded, "
               "Via and the like",
    .explanation = "A proxy removes every field that Connection names. A careless proxy also "
                   "removes fields that it has just added. If a request names fields of "
                   "identity and routing, it attacks the servers that trust these fields "
                   "(CVE-2022-1388, CVE-2022-31813). No honest client has a reason to do so.",
    .example = ">>> GET / HTTP/1.1\n"
               "    Host: h\n"
               "    Connection: close, X-Forwarded-For\n",
    .advice = "Find out who sends this. Make proxies remove the named fields before they add "
              "their own, and refuse requests that name those.",
};

TEXT(CONNECTION_IN_TRAILER) = {
    .summary = "Connection, Host or a framing field in a trailer section",
    .explanation = "Fields that concern framing, routing or the connection must not be sent "
                   "as trailers. They come too late, because the head has already decided "
                   "everything. A recipient that merges them into the head reads a different "
                   "message.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Transfer-Encoding: chunked\n"
               "\n"
               "    0\n"
               "    Connection: close\n",
    .advice = "Send the field in the head.",
};

TEXT(CONNECTION_IN_INTERIM) = {
    .summary = "fields that concern the connection in a 1xx other than 101",
    .explanation = "An interim response does not end the exchange, so its fields decide "
                   "nothing about the connection. Some recipients read them, others do not.",
    .example = "<<< HTTP/1.1 100 Continue\n"
               "    Connection: close\n",
    .advice = "Send such fields with the final response.",
};

TEXT(PROXY_CONNECTION) = {
    .summary = "a Proxy-Connection field was sent",
    .explanation = "The field was never part of HTTP and has no effect here. On a request for "
                   "a path (not a full URL) it shows that no proxy has removed it. Either the "
                   "client believes that it talks to a proxy, or a proxy has forwarded the "
                   "field.",
    .example = ">>> GET / HTTP/1.1\n"
               "    Host: h\n"
               "    Proxy-Connection: keep-alive\n",
    .advice = "Send Connection, if anything.",
};

TEXT(TE_NOT_LISTED) = {
    .summary = "a TE field without the TE option",
    .explanation = "TE states what the next hop may send. Its sender must also send the TE "
                   "option in Connection. Then a proxy does not forward the field on behalf "
                   "of a client that cannot honour it.",
    .example = ">>> GET / HTTP/1.1\n"
               "    Host: h\n"
               "    TE: trailers\n",
    .advice = "Send Connection: TE with it.",
};

TEXT(TE_CHUNKED) = {
    .summary = "chunked listed in TE",
    .explanation = "A client must not list chunked in TE: every HTTP/1.1 recipient accepts it "
                   "anyway.",
    .example = ">>> GET / HTTP/1.1\n"
               "    Host: h\n"
               "    Connection: TE\n"
               "    TE: chunked\n",
    .advice = "Leave chunked out.",
};

TEXT(UPGRADE_NOT_LISTED) = {
    .summary = "an Upgrade field without the upgrade option",
    .explanation = "The sender of Upgrade must also send the upgrade option in Connection, in "
                   "responses too. Without it a proxy forwards the field, and the peer behind "
                   "the proxy may switch protocols on the wrong connection.",
    .example = ">>> GET / HTTP/1.1\n"
               "    Host: h\n"
               "    Upgrade: websocket\n",
    .advice = "Send Connection: Upgrade with it.",
};

TEXT(UPGRADE_REFUSED) = {
    .summary = "the request offered an upgrade, and the final response is no 101",
    .explanation = "A server may pass over an Upgrade field; then it answers in HTTP/1 as if the "
                   "field were not there. That breaks no rule, but it is what people look for when "
                   "a WebSocket does not open. Often a proxy has removed the field.",
    .example = ">>> GET /chat HTTP/1.1\n"
               "    Host: h\n"
               "    Connection: Upgrade\n"
               "    Upgrade: websocket\n"
               "<<< HTTP/1.1 200 OK\n"
               "    Content-Length: 2\n",
    .advice = "Look in the capture behind each proxy whether the Upgrade and Connection fields are "
              "still there. A proxy has to be told to pass them on.",
};

TEXT(UPGRADE_ON_HTTP10) = {
    .summary = "a 101 in answer to an HTTP/1.0 request",
    .explanation = "A server must ignore an Upgrade field in an HTTP/1.0 request, because a "
                   "proxy that does not know the field may have forwarded it.",
    .example = ">>> GET / HTTP/1.0\n"
               "    Connection: Upgrade\n"
               "    Upgrade: websocket\n"
               "<<< HTTP/1.1 101 Switching Protocols\n"
               "    Connection: Upgrade\n"
               "    Upgrade: websocket\n",
    .advice = "Answer such requests as if the field were not there.",
};

TEXT(UPGRADE_NOT_OFFERED) = {
    .summary = "a 101 to a protocol that was not offered, or a 101 or 426 without Upgrade",
    .explanation = "A server must not switch to a protocol that the request's Upgrade did not "
                   "name. A 101 or 426 must name its protocols in an Upgrade field. Otherwise "
                   "the two sides continue in different protocols.",
    .example = ">>> GET / HTTP/1.1\n"
               "    Host: h\n"
               "    Connection: Upgrade\n"
               "    Upgrade: foo\n"
               "<<< HTTP/1.1 101 Switching Protocols\n"
               "    Connection: Upgrade\n"
               "    Upgrade: bar\n",
    .advice = "Choose from the list in the request, and send the choice as Upgrade.",
};

TEXT(UPGRADE_TOO_EARLY) = {
    .summary = "bytes of the new protocol were sent in ignorance of the 101 (WebSocket: an "
               "error)",
    .explanation = "The connection speaks HTTP/1 until the 101 arrives. If the server does "
                   "not switch, it reads these bytes as the next request. So anybody who "
                   "chose the bytes has smuggled a request. RFC 6455 section 4.1 forbids "
                   "early bytes for WebSocket; there the finding is an error.",
    .example = ">>> GET / HTTP/1.1\n"
               "    Host: h\n"
               "    Connection: Upgrade\n"
               "    Upgrade: foo\n"
               ">>> (bytes of foo, before the 101 has arrived)\n",
    .advice = "Wait for the 101.",
};

TEXT(WEBSOCKET_HANDSHAKE) = {
    .summary = "method, key, version, accept value or choices of a WebSocket handshake are "
               "wrong",
    .explanation = "The client must send an HTTP/1.1 GET with version 13 and one key of 16 "
                   "bytes in base64. The server must send the accept value made from that "
                   "key, and choose only subprotocols and extensions that were offered. Peers "
                   "refuse anything else, or only lenient peers accept it. Handshakes of the "
                   "earliest drafts (two keys) are not judged.",
    .example = ">>> GET /chat HTTP/1.1\n"
               "    Host: h\n"
               "    Connection: Upgrade\n"
               "    Upgrade: websocket\n"
               "    Sec-WebSocket-Key: abc\n"
               "    Sec-WebSocket-Version: 8\n",
    .advice = "Use a current WebSocket library on the side that is named, and let no proxy "
              "answer or rewrite the handshake.",
};

TEXT(H2C_UPGRADE) = {
    .summary = "an upgrade to h2c was asked for (HTTP2-Settings missing, repeated or not "
               "listed: an error)",
    .explanation = "The upgrade needs exactly one HTTP2-Settings field, listed in Connection; "
                   "anything else is an error. If a proxy forwards the upgrade and the server "
                   "switches, everything after it passes the proxy's rules unseen (request "
                   "smuggling). RFC 9113 has withdrawn the mechanism.",
    .example = ">>> GET / HTTP/1.1\n"
               "    Host: h\n"
               "    Connection: Upgrade, HTTP2-Settings\n"
               "    Upgrade: h2c\n"
               "    HTTP2-Settings: AAMAAABk\n",
    .advice = "Speak HTTP/2 by prior knowledge or over TLS instead. Make proxies remove "
              "Upgrade: h2c.",
};

TEXT(CONNECT_REJECT_KEPT_OPEN) = {
    .summary = "a CONNECT was refused, and the connection served further requests (payload "
               "had come before the answer: a warning)",
    .explanation = "A proxy that refuses a CONNECT must close the connection without serving "
                   "further requests. The reason: some clients send payload before the "
                   "answer, and the proxy would read it as requests. If this client waited, "
                   "no harm was done, and the finding is a note. If payload came before the "
                   "answer, it is a warning. A 407 followed by the same CONNECT with "
                   "credentials does not count.",
    .example = ">>> CONNECT h:443 HTTP/1.1\n"
               "    Host: h:443\n"
               "<<< HTTP/1.1 403 Forbidden\n"
               "    Content-Length: 0\n"
               ">>> GET http://h/ HTTP/1.1\n"
               "    Host: h\n"
               "<<< HTTP/1.1 200 OK\n"
               "    Content-Length: 0\n",
    .advice = "Close the connection after refusing a CONNECT.",
};

TEXT(CONNECT_PAYLOAD_EARLY) = {
    .summary = "payload after CONNECT in ignorance of the answer, and no close option",
    .explanation = "A client that forwards bytes of others must wait for the 2xx, or send the "
                   "close option with its CONNECT. Otherwise, if the CONNECT is refused, the "
                   "proxy reads the payload as requests. The capture cannot show whose bytes "
                   "the client forwards.",
    .example = ">>> CONNECT h:443 HTTP/1.1\n"
               "    Host: h:443\n"
               ">>> (payload, before the answer has arrived)\n",
    .advice = "Wait for the 2xx, or send Connection: close with the CONNECT.",
};

TEXT(LENGTH_AND_CHUNKED) = {
    .summary = "Content-Length together with Transfer-Encoding",
    .explanation = "A sender must not send both. Peers that disagree about which field counts "
                   "see different messages. This is how requests are smuggled.",
    .example = ">>> POST / HTTP/1.1\n"
               "    Host: h\n"
               "    Content-Length: 5\n"
               "    Transfer-Encoding: chunked\n",
    .advice = "Send one of them. Make proxies refuse messages with both.",
};

TEXT(MUST_CLOSE_NOT_CLOSED) = {
    .summary = "a message whose framing requires a close was processed, and the connection "
               "stayed in use",
    .explanation = "The server must close after a request with any of these: both "
                   "Content-Length and Transfer-Encoding; Transfer-Encoding in HTTP/1.0; an "
                   "invalid length; a coding that does not end in chunked. Later bytes may be "
                   "smuggled. The client must close after an HTTP/1.0 response with "
                   "Transfer-Encoding, and after a response with an invalid length.",
    .example = ">>> POST / HTTP/1.1\n"
               "    Host: h\n"
               "    Content-Length: 5\n"
               "    Transfer-Encoding: chunked\n"
               "\n"
               "    0\n"
               "\n"
               "<<< HTTP/1.1 200 OK\n"
               "    Content-Length: 0\n"
               ">>> GET /b HTTP/1.1\n"
               "    Host: h\n"
               "<<< HTTP/1.1 200 OK\n"
               "    Content-Length: 0\n",
    .advice = "Refuse such requests with a 400, and close. In a client, close after such a "
              "response.",
};

TEXT(INVALID_LENGTH) = {
    .summary = "Content-Length is no number, or has different values (the same value "
               "repeated, or an empty list member: a note)",
    .explanation = "Nobody can know where the message ends. Peers guess, and guess "
                   "differently. If the same number is repeated, the finding is a note: a "
                   "recipient may treat it as one. The same holds for a list with an empty "
                   "member.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Content-Length: 5\n"
               "    Content-Length: 6\n",
    .advice = "Send one Content-Length, a decimal number. Look for a proxy or framework that "
              "adds its own.",
};

TEXT(BAD_CHUNK) = {
    .summary = "a chunk size or delimiter that breaks the grammar",
    .explanation = "A chunk consists of its size in hex digits, optional extensions, CRLF, "
                   "the data, and CRLF. Peers tolerate different deviations, and so they see "
                   "different messages.",
    .example = "<<< HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n\n"
               "    0x5 \\nhello\\r\\n0\\r\\n\\r\\n\n",
    .advice = "Write the size in hex digits and nothing else, and CRLF after the size and "
              "after the data.",
};

TEXT(HTTP10_KEEPALIVE_WITHOUT_LENGTH) = {
    .summary = "an HTTP/1.0 response says keep-alive and has no Content-Length",
    .explanation = "HTTP/1.0 has no chunks. So a response on a connection that persists must "
                   "have a Content-Length, because nothing else marks its end. Without one, "
                   "only the end of the connection marks it, and keep-alive is not true.",
    .example = "<<< HTTP/1.0 200 OK\n"
               "    Connection: keep-alive\n"
               "\n"
               "    (body)\n",
    .advice = "Send Content-Length, or leave keep-alive out.",
};

TEXT(CLOSE_DELIMITED) = {
    .summary = "a response to an HTTP/1.1 request with neither length nor chunks",
    .explanation = "The body ends with the connection. So the connection cannot be reused, "
                   "and a truncated body looks complete. A server should send a length or "
                   "chunks wherever it can. Responses to HTTP/1.0 clients do not count, "
                   "because such clients do not understand chunks.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "\n"
               "    (body)\n"
               "<<< FIN\n",
    .advice = "Send Content-Length or chunks.",
};

TEXT(BARE_LF) = {
    .summary = "a line of the head ends in LF without CR",
    .explanation = "Lines end in CRLF. A recipient may accept a bare LF, but need not. So "
                   "peers disagree about where lines end.",
    .example = ">>> GET / HTTP/1.1\\nHost: h\\n\\n\n",
    .advice = "End lines with CRLF.",
};

TEXT(BAD_START_LINE) = {
    .summary = "a start line that breaks the grammar but can be understood",
    .explanation = "The line has extra or missing blanks, a blank in the target, or a version "
                   "that is garbled or missing. Peers read different things, or refuse the "
                   "line.",
    .example = ">>> GET /a b HTTP/1.1\n"
               "    Host: h\n",
    .advice = "Encode blanks in targets as %20. Write one blank between the parts, and one "
              "after the status code even if no reason follows.",
};

TEXT(SPACE_BEFORE_COLON) = {
    .summary = "a blank between field name and colon",
    .explanation = "No whitespace is allowed there. Some peers ignore the blank, others treat "
                   "it as part of the name, and so they see different fields. Servers must "
                   "refuse such a request.",
    .example = ">>> POST / HTTP/1.1\n"
               "    Host: h\n"
               "    Transfer-Encoding : chunked\n",
    .advice = "Remove the blank. Make servers answer such requests with a 400.",
};

TEXT(OBS_FOLD) = {
    .summary = "a field value is continued on the next line",
    .explanation = "Folded lines are obsolete and must not be sent. Some peers join them, "
                   "others do not, and so they see different fields.",
    .example =
        "<<< HTTP/1.1 200 OK\\r\\nX-Long: one\\r\\n two\\r\\nContent-Length: 0\\r\\n\\r\\n\n",
    .advice = "Send the value on one line.",
};

TEXT(BODY_WITH_BODYLESS) = {
    .summary = "bytes follow a response to HEAD, a 204 or a 304",
    .explanation = "Such a response ends with its head, whatever its fields say. The client "
                   "reads bytes after it as the beginning of the next response.",
    .example = ">>> HEAD / HTTP/1.1\n"
               "    Host: h\n"
               "<<< HTTP/1.1 200 OK\n"
               "    Content-Length: 2\n"
               "\n"
               "    ok\n",
    .advice = "Send no body with these.",
};

TEXT(EARLY_RESPONSE_BODY_UNREAD) = {
    .summary = "a final response came before the request's body ended, and the server then "
               "closed",
    .explanation = "A server may answer early, but it must close if it does not read the rest "
                   "of the request. The client is still sending. A reset may destroy the "
                   "answer, and then the client sees only a broken connection.",
    .example = ">>> POST / HTTP/1.1\n"
               "    Host: h\n"
               "    Content-Length: 1000000\n"
               "\n"
               "    (a part)\n"
               "<<< HTTP/1.1 413 Content Too Large\n"
               "    Connection: close\n"
               "    Content-Length: 0\n"
               "<<< FIN\n",
    .advice = "Let clients ask first (Expect: 100-continue) and read while they send. Make "
              "the server continue to read for a while before it closes.",
};

TEXT(BODY_DESYNC) = {
    .summary =
        "a body was withheld or left unread, and what followed on the connection was read in "
        "its place",
    .explanation =
        "After a refused Expect: 100-continue, a client may leave its body out, but the "
        "server, if it does not close, still waits for as many bytes as were "
        "announced. It then takes the next request for them, and answers 400 to what is "
        "left. The other way round, a server that answers before it has read a body, "
        "and keeps the connection, takes the body for the next request. Then every later "
        "response may belong to another request.",
    .example = ">>> POST /up HTTP/1.1\n"
               "    Host: h\n"
               "    Expect: 100-continue\n"
               "    Content-Length: 10\n"
               "<<< HTTP/1.1 401 Unauthorized\n"
               "    Content-Length: 0\n"
               ">>> GET /next HTTP/1.1\n"
               "    Host: h\n"
               "<<< HTTP/1.1 400 Bad Request\n"
               "    Content-Length: 0\n",
    .advice = "Let the client send the body all the same, or close the connection. Let the server "
              "read the body to its end, or send close and close.",
};

TEXT(OVERLAP_CONFLICT) = {
    .summary = "two versions of the same bytes are in the capture",
    .explanation = "Segments overlap and differ. The receiver's TCP decides which version it "
                   "takes, so the judged bytes may not be those that it read. The cause is an "
                   "attempt at evasion, or a broken box on the path. connaudit sees the "
                   "conflict only while one version waits for earlier bytes, because it does "
                   "not keep bytes that it has read.",
    .example = ">>> seq=100 len=6 \"GET /a\"\n"
               ">>> seq=100 len=6 \"GET /b\"\n",
    .advice = "Look at the frames, and find out who else can send on this path.",
};

TEXT(RESET_IGNORED) = {
    .summary = "a RST after which its receiver went on",
    .explanation = "The receiver did not accept the reset, or never got it. The reset was "
                   "forged, late, outside the window, or lost after the point of capture.",
    .example = "<<< RST\n"
               ">>> (two seconds later: data)\n",
    .advice = "Look for a box on the path that injects resets.",
};

TEXT(FOREIGN_RESET) = {
    .summary = "a RST whose TTL or hop limit differs from that of all other packets of its sender",
    .explanation = "Each router on the path takes one from the TTL or hop limit. All other packets "
                   "of this sender arrived with one value, and the RST with another. So it came "
                   "another way, or from another machine: a firewall, a balancer or an "
                   "inspection box resets connections in the name of others. Some systems also "
                   "send a RST of their own with another initial value, therefore it is a note.",
    .example = "<<< (TTL 52) HTTP/1.1 200 OK\n"
               "<<< (TTL 60) RST\n",
    .advice = "Capture at the sender: if the RST is not there, look for the box between that "
              "sends it, and for its idle limit.",
};

TEXT(NEVER_ACKNOWLEDGED) = {
    .summary = "the same bytes were sent again and again for longer than --prompt-close, and no "
               "acknowledgement of them is in the capture",
    .explanation = "The sender kept sending because nothing came back. Packets vanish on the path "
                   "or the peer is gone. A firewall or NAT that has forgotten a connection does "
                   "so without a word.",
    .example = ">>> GET /b HTTP/1.1\n"
               "    Host: h\n"
               ">>> (0.2, 0.6, 1.4 and 3.0 s later: the same bytes)\n",
    .advice = "Capture on the other side too. Compare the idle time before these bytes with the "
              "idle limits of firewalls, NATs and balancers on the path.",
};

TEXT(TLS_NO_CLOSE_NOTIFY) = {
    .summary =
        "a side ended a TLS connection with a bare FIN or RST (of a body that ends with it: a "
        "warning)",
    .explanation = "Before a side of a TLS connection closes, it must send the alert close_notify. "
                   "Without it, nobody can tell the end from a cut by an attacker or a broken "
                   "path. A body with a length or in chunks is safe. A body that ends only with "
                   "the connection is not: complete and cut look alike. The finding needs the "
                   "secrets of the side that closed, and all its records.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "\n"
               "    some text\n"
               "<<< FIN\n",
    .advice = "Make the program shut TLS down before it closes its socket. State the length of "
              "bodies, or send them in chunks.",
};

TEXT(TLS_FATAL_ALERT) = {
    .summary = "a side gave up a TLS connection with a fatal alert",
    .explanation = "The alert says what the sender found wrong: a certificate, a version, a record "
                   "that does not authenticate. Alerts of the handshake are often in clear; later "
                   "ones can be read only with the secrets.",
    .example = "<<< alert handshake_failure\n",
    .advice = "Look up the alert in RFC 8446 section 6.2. It is the peer of its sender that has to "
              "change, unless it is internal_error.",
};

TEXT(H2_CONNECTION_FIELD) = {
    .summary = "Connection, Proxy-Connection, Keep-Alive, Transfer-Encoding or Upgrade in a field "
               "section of HTTP/2",
    .explanation = "HTTP/2 manages its connections itself; fields that concern a connection are "
                   "forbidden, in headers, interim responses, trailers and pushed requests. They "
                   "make the message malformed: a receiver may reset the stream or end the "
                   "connection. The finding says what this one did. Such fields mostly come from a "
                   "gateway that passes on what it got over HTTP/1.1.",
    .example = "<<< HEADERS stream 1\n"
               "    :status: 200\n"
               "    connection: keep-alive\n",
    .advice = "Remove the field where HTTP/1.1 is translated to HTTP/2, or in the application that "
              "sets it. A response that some clients accept fails with others.",
};

TEXT(H2_TE) = {
    .summary = "TE in a request of HTTP/2 with anything but trailers, or in a response",
    .explanation = "Of the fields that concern a connection HTTP/2 allows one: TE in a request, if "
                   "its value is trailers. Anything else makes the message malformed. The finding "
                   "says what the receiver did about it.",
    .example = ">>> HEADERS stream 1\n"
               "    :method: GET\n"
               "    te: gzip\n",
    .advice = "Send \"te: trailers\" or no TE at all.",
};

TEXT(H2_CLOSE_WITHOUT_GOAWAY) = {
    .summary = "the server closed a connection of HTTP/2 without GOAWAY (with streams open: a "
               "warning)",
    .explanation =
        "A server should send GOAWAY before it closes. It says up to which stream it has "
        "worked, so that a client knows which requests it may send again. Without it, a "
        "request that crosses the close may or may not have been processed. A server "
        "may drop a client that broke the protocol; then the finding is not reported.",
    .example = "<<< HEADERS stream 1 END_STREAM\n"
               "    :status: 200\n"
               "<<< FIN\n",
    .advice = "Shut the server down gracefully: GOAWAY first, then the close. Some servers have an "
              "option for it, or send GOAWAY only at an idle timeout.",
};

TEXT(H2_REQUEST_AFTER_GOAWAY) = {
    .summary = "a new stream, opened in knowledge of a GOAWAY of the server",
    .explanation = "Whoever has received GOAWAY must not open further streams on the connection, "
                   "whatever its last stream id. The client's TCP had acknowledged the GOAWAY "
                   "before, in a segment of its own; a stream that only crosses the GOAWAY is "
                   "nobody's fault.",
    .example = "<<< GOAWAY last stream 1, NO_ERROR\n"
               ">>> (acknowledgement)\n"
               ">>> HEADERS stream 3\n",
    .advice = "Let the client take a connection out of its pool when GOAWAY comes, and open a new "
              "one.",
};

TEXT(H2_ANSWER_AFTER_GOAWAY) = {
    .summary = "the server answered a stream above the last id of its own GOAWAY",
    .explanation = "GOAWAY says that streams above its last id have not been and will not be "
                   "processed, so the client may send them again. A server that answers such a "
                   "stream makes requests happen twice.",
    .example = "<<< GOAWAY last stream 1, NO_ERROR\n"
               ">>> HEADERS stream 3\n"
               "<<< HEADERS stream 3\n"
               "    :status: 200\n",
    .advice = "Update the server or gateway; it counts the streams that it takes wrongly.",
};

TEXT(H2_GOAWAY_RAISED) = {
    .summary = "a GOAWAY with a greater last stream id than one before it",
    .explanation = "A later GOAWAY may only lower the last stream id: the peer may already have "
                   "sent elsewhere what lies above the first one.",
    .example = "<<< GOAWAY last stream 1, NO_ERROR\n"
               "<<< GOAWAY last stream 5, NO_ERROR\n",
    .advice = "Announce a shutdown with GOAWAY(2147483647), and send the GOAWAY that binds last.",
};

TEXT(H2_CONNECTION_ERROR) = {
    .summary = "a GOAWAY with an error code: a side gave up the connection",
    .explanation = "The sender found something wrong that concerns the whole connection. The code "
                   "says what; it speaks of what the peer did, unless it is INTERNAL_ERROR.",
    .example = "<<< GOAWAY last stream 1, PROTOCOL_ERROR\n",
    .advice = "Look up the code in RFC 9113 section 7. The debug data of the frame often names the "
              "reason.",
};

TEXT(H2_MISDIRECTED) = {
    .summary = "a 421 on a connection that had been used before",
    .explanation = "A client may use a connection for every host that the server's certificate "
                   "names. With 421 the server says that it does not serve this one here. The "
                   "client should try again on a connection of its own.",
    .example = ">>> HEADERS stream 3\n"
               "    :authority: other.test\n"
               "<<< HEADERS stream 3\n"
               "    :status: 421\n",
    .advice = "Give hosts that are served at different places different certificates.",
};

TEXT(NOMINATED_FORWARDED) = {
    .summary = "a proxy forwarded a field that the Connection field of the message it got "
               "had named",
    .explanation = "A field that Connection names is meant for the next recipient alone: "
                   "a proxy must remove it, and then remove or replace Connection. This "
                   "one stands behind the proxy with the same value. Another exchange of "
                   "the same two servers has no such field on either side, so the proxy "
                   "does not write it of its own accord.",
    .example = ">>> GET / HTTP/1.1\n"
               "    Host: example.com\n"
               "    Connection: X-Hop\n"
               "    X-Hop: mine\n"
               "\n"
               "    (the proxy sends on)\n"
               "\n"
               "    GET / HTTP/1.1\n"
               "    Host: example.com\n"
               "    X-Hop: mine\n",
    .advice = "Make the proxy read Connection, and remove what it names. Until it does, "
              "let it remove the fields that your servers believe.",
};

TEXT(END_TO_END_KEPT) = {
    .summary = "a proxy forwarded a field that Connection had named, but that is meant for "
               "everybody",
    .explanation = "Strictly the proxy had to remove it, as it had been told. But a client "
                   "must not name Authorization, Cookie or Cache-Control there: that is "
                   "the graver fault (end-to-end-nominated), and keeping the field is the "
                   "safer way to break a rule.",
    .example = ">>> GET / HTTP/1.1\n"
               "    Connection: Cookie\n"
               "    Cookie: session=1\n"
               "\n"
               "    (the proxy sends on)\n"
               "\n"
               "    GET / HTTP/1.1\n"
               "    Cookie: session=1\n",
    .advice = "Nothing at the proxy. Find the client that names the field.",
};

TEXT(OPTION_FORWARDED) = {
    .summary = "a proxy forwarded an option of the Connection field",
    .explanation = "Connection options concern one connection. A proxy must remove the Connection "
                   "field that it got, or replace it with options of its own. The option "
                   "stands in both fields, and another exchange of this hop was forwarded "
                   "without it. The options close, keep-alive, te and upgrade do not count: "
                   "the proxy may mean them itself.",
    .example = ">>> GET / HTTP/1.1\n"
               "    Connection: X-Hop\n"
               "\n"
               "    (the proxy sends on)\n"
               "\n"
               "    GET / HTTP/1.1\n"
               "    Connection: X-Hop\n",
    .advice = "Make the proxy remove the Connection field before it adds its own.",
};

TEXT(HOP_BY_HOP_FORWARDED) = {
    .summary = "a proxy forwarded Keep-Alive, Proxy-Connection, TE, Upgrade or HTTP2-Settings",
    .explanation = "These fields concern one connection, so a proxy should remove or replace "
                   "them even if Connection does not name them. A Keep-Alive field that "
                   "is passed on in a response promises the client the timeout of another "
                   "server. TE: trailers does not count, nor what the forwarded message "
                   "names in its own Connection.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Keep-Alive: timeout=5\n"
               "\n"
               "    (the proxy sends on)\n"
               "\n"
               "    HTTP/1.1 200 OK\n"
               "    Keep-Alive: timeout=5\n",
    .advice = "Make the proxy remove the field. With nginx: proxy_hide_header, or proxy_set_header "
              "with an empty value.",
};

TEXT(NOMINATION_STRUCK_PROXY) = {
    .summary = "a client named a field in Connection, and the proxy then left out what it "
               "otherwise adds",
    .explanation = "A client that names X-Forwarded-For in Connection must not be able to "
                   "keep the proxy from adding its own (CVE-2022-31813 is this fault). All "
                   "other requests of the hop, at least three, have the field behind the "
                   "proxy, one of them though its client sent none; this one lacks it.",
    .example = ">>> GET / HTTP/1.1\n"
               "    Connection: X-Forwarded-For\n"
               "\n"
               "    (the proxy sends on, without an X-Forwarded-For)\n"
               "\n"
               "    GET / HTTP/1.1\n",
    .advice = "Update the proxy: it must remove what Connection names before it adds fields "
              "of its own. Until then, servers must not take a missing field for a local "
              "client.",
};

TEXT(CLOSE_FOLLOWS_CLIENT) = {
    .summary = "a proxy says close to the server exactly where its client did",
    .explanation = "At least two of its HTTP/1.1 clients said close, at least five did not, "
                   "and behind the proxy it is the same without an exception. Whether the "
                   "proxy hands the option on, or closes on purpose, the capture cannot "
                   "tell.",
    .example = ">>> GET / HTTP/1.1\n"
               "    Connection: close\n"
               "\n"
               "    (the proxy sends on)\n"
               "\n"
               "    GET / HTTP/1.1\n"
               "    Connection: close\n",
    .advice = "Persistence towards the server should not depend on clients: let the proxy "
              "keep a pool of connections.",
};

TEXT(BACK_NEVER_REUSED) = {
    .summary = "a proxy uses a new connection to the server for each request, and says so",
    .explanation = "At least ten requests, none of which asks for persistence or follows "
                   "another one on its connection: the default of nginx. It costs a handshake "
                   "each time, and ports.",
    .example = ">>> GET / HTTP/1.0\n"
               "    Connection: close\n",
    .advice =
        "In nginx: keepalive in the upstream block, proxy_http_version 1.1, and proxy_set_header "
        "Connection \"\".",
};

TEXT(VERSION_MIRRORED) = {
    .summary = "a proxy sends the version of its client instead of its own",
    .explanation = "An intermediary must send its own HTTP version, unless it goes back "
                   "on purpose because of a server that needs it. Here requests are HTTP/1.0 "
                   "behind the proxy where they are in front of it, and HTTP/1.1 where they "
                   "are that.",
    .example = ">>> GET / HTTP/1.0\n"
               "\n"
               "    (the proxy sends on)\n"
               "\n"
               "    GET / HTTP/1.0\n",
    .advice = "Update the proxy, or set the version that it uses towards servers.",
};

TEXT(INTERIM_NOT_FORWARDED) = {
    .summary = "a proxy did not forward a 1xx response",
    .explanation = "A proxy must forward 1xx responses that it has not asked for itself. "
                   "It matters for 103 (Early Hints). 100 and 101 do not count. Of a forward "
                   "proxy it is a warning; of a gateway the specification does not say so.",
    .example = "<<< HTTP/1.1 103 Early Hints\n"
               "<<< HTTP/1.1 200 OK\n"
               "\n"
               "    (the proxy sends on)\n"
               "\n"
               "    HTTP/1.1 200 OK\n",
    .advice = "Look whether the proxy supports 103. Otherwise let the server send Link in "
              "the final response.",
};

TEXT(RETRIED_UNSAFELY) = {
    .summary = "a proxy sent a request again whose method is not idempotent",
    .explanation = "A proxy must not repeat such a request on its own: the server may have "
                   "done already what was asked. Of a forward proxy it is an error, unless "
                   "the first attempt crossed the closing of an idle connection; of a gateway "
                   "a warning, for its operator may know that it is safe.",
    .example = ">>> POST /order HTTP/1.1\n"
               "<<< FIN\n"
               "\n"
               "    (on the next connection)\n"
               "\n"
               ">>> POST /order HTTP/1.1\n",
    .advice =
        "In nginx: no non_idempotent in proxy_next_upstream. HAProxy: no all-retryable-errors "
        "in retry-on for such requests.",
};

TEXT(RETRIED) = {
    .summary = "a proxy sent a request again",
    .explanation = "The method is idempotent, so it may. The sentence says what became of "
                   "the attempt before. Ranges of one response that are asked for one by "
                   "one are no attempts.",
    .example = ">>> GET / HTTP/1.1\n"
               "<<< FIN\n"
               "\n"
               "    (on the next connection)\n"
               "\n"
               ">>> GET / HTTP/1.1\n",
    .advice = "Look at the connection of the attempt before: its cause says what failed.",
};

TEXT(GATEWAY_ERROR) = {
    .summary = "a proxy answered with 500, 502, 503 or 504 of its own",
    .explanation = "The finding joins the answer to the request behind the proxy that caused "
                   "it. If that crossed the closing of an idle connection, nobody is at "
                   "fault; if the server closed without an answer, the server is; otherwise "
                   "the proxy gave up, or answered without asking anybody.",
    .example = "<<< HTTP/1.1 502 Bad Gateway\n",
    .advice = "Follow the back connection: connaudit --show. For keep-alive races let the "
              "proxy close idle connections before the server does.",
};

TEXT(TRANSFORMED) = {
    .summary = "a proxy changed the content of a response that says no-transform",
    .explanation = "A proxy must not transform the content of a response with the cache "
                   "directive no-transform. Content or Content-Encoding are others behind "
                   "it. Of a forward proxy it is an error; a gateway acts for the server.",
    .example = "<<< HTTP/1.1 200 OK\n"
               "    Cache-Control: no-transform\n"
               "\n"
               "    (the proxy sends on)\n"
               "\n"
               "    HTTP/1.1 200 OK\n"
               "    Cache-Control: no-transform\n"
               "    Content-Encoding: gzip\n",
    .advice = "Exempt such responses from compression and from rewriting.",
};

TEXT(VIA_MISSING) = {
    .summary = "a proxy forwarded a request without Via (only with --pedantic)",
    .explanation = "Every intermediary must add Via to the requests that it forwards. Hardly "
                   "any reverse proxy does.",
    .example = ">>> GET / HTTP/1.1\n"
               "    Host: example.com\n",
    .advice = "Turn Via on where loops between proxies are possible.",
};

#define NOTE SEVERITY_NOTE
#define WARNING SEVERITY_WARNING
#define ERROR SEVERITY_ERROR

const RuleInfo RULES[RULE_COUNT] = {
#define RULE(id, rule_name, rule_severity, rule_party, rule_reference)                             \
    [RULE_##id] = { .name = (rule_name),                                                           \
                    .severity = (rule_severity),                                                   \
                    .party = (rule_party),                                                         \
                    .reference = (rule_reference),                                                 \
                    .text = &text_##id },
#include "judge/rules.def"
#undef RULE
};

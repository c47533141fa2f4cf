/* The rules: who looks one up calls rule_info(). The texts are for people who did not write the
 * program at fault; in the examples `>>>` is the client, `<<<` the server, and a head's lines stand
 * below each other. */
#include "judge/rules.h"

#define ERROR SEVERITY_ERROR
#define WARNING SEVERITY_WARNING
#define NOTE SEVERITY_NOTE

#define HEAD(rule_name, rule_severity, rule_party, rule_reference)                                 \
    .name = (rule_name), .severity = (rule_severity), .party = (rule_party),                       \
    .reference = (rule_reference)

const RuleInfo RULES[RULE_COUNT] = {
    [RULE_REQUEST_AFTER_CLIENT_CLOSE] = {
        HEAD("request-after-client-close", ERROR, "client", "RFC 9112 section 9.6"),
        .summary = "a further request on a connection on which the client had sent the close "
                   "option",
        .explanation = "A client that has sent the close option must send no further request on "
                       "that connection. The server is bound to close it and must not process "
                       "what follows, so the second request is lost, or answered against the "
                       "rules. What follows a CONNECT is not counted: it may be payload that the "
                       "client was allowed to send early.",
        .example = ">>> GET /a HTTP/1.1\n"
                   "    Host: h\n"
                   "    Connection: close\n"
                   ">>> GET /b HTTP/1.1\n"
                   "    Host: h\n",
        .advice = "Send close with the last request only, and take the connection out of the "
                  "pool at that moment.",
    },
    [RULE_REQUEST_AFTER_SERVER_CLOSE] = {
        HEAD("request-after-server-close", ERROR, "client", "RFC 9112 section 9.6"),
        .summary = "a further request, sent knowing the response head that said close",
        .explanation = "A client that has received the close option must send no more requests "
                       "on that connection. That it had received it is shown by its "
                       "acknowledgement, and that the request cannot have been waiting by then: "
                       "one that crossed the response is not meant.",
        .example = "<<< HTTP/1.1 200 OK\n"
                   "    Connection: close\n"
                   "    Content-Length: 0\n"
                   ">>> (acknowledges all of it)\n"
                   ">>> GET /b HTTP/1.1\n"
                   "    Host: h\n",
        .advice = "Read the Connection field of each response before the connection goes back "
                  "into the pool.",
    },
    [RULE_RESPONSE_AFTER_CLOSE] = {
        HEAD("response-after-close", ERROR, "server", "RFC 9112 section 9.6"),
        .summary = "a further final response after either side's close (HTTP/1.0's default: a "
                   "warning)",
        .explanation = "When either side has sent the close option, the server must close after "
                       "the response to that request and must not process requests that come "
                       "later. Where no option but only the version HTTP/1.0 had declared the "
                       "close, it is a warning.",
        .example = ">>> GET /a HTTP/1.1\n"
                   "    Host: h\n"
                   "    Connection: close\n"
                   "<<< HTTP/1.1 200 OK\n"
                   "    Content-Length: 0\n"
                   ">>> GET /b HTTP/1.1\n"
                   "    Host: h\n"
                   "<<< HTTP/1.1 200 OK\n"
                   "    Content-Length: 0\n",
        .advice = "Have the server stop reading requests, and close, once a close option has "
                  "been sent or received.",
    },
    [RULE_LEFT_OPEN] = {
        HEAD("left-open", ERROR, "server", "RFC 9112 section 9.6"),
        .summary = "close was declared, and the connection is witnessed open later than "
                   "--close-grace (HTTP/1.0's default: a warning)",
        .explanation = "When either side has sent the close option, the server must initiate the "
                       "closure after its response. A segment of the server's, later than "
                       "--close-grace, proves by its number that it had sent no FIN; silence "
                       "proves nothing. Where only the version HTTP/1.0 had declared the close, "
                       "it is a warning.",
        .example = "<<< HTTP/1.1 200 OK\n"
                   "    Connection: close\n"
                   "    Content-Length: 0\n"
                   ">>> (10 s later: keep-alive probe)\n"
                   "<<< (answers it; no FIN so far)\n",
        .advice = "Close the socket after such a response. Look for connections that are not "
                  "given back after an error, and for a balancer that keeps its own ones open.",
    },
    [RULE_CLOSED_LATE] = {
        HEAD("closed-late", WARNING, "server", "RFC 9112 section 9.6"),
        .summary = "close was declared, and the connection was closed later than --close-grace",
        .explanation = "When either side has sent the close option, the server must initiate the "
                       "closure after its response. It was closed in the end, but later than "
                       "--close-grace; if it was the client that closed, the server had not, and "
                       "a client that had received the option is named too. Meanwhile both hold "
                       "a connection of no use.",
        .example = "<<< HTTP/1.1 200 OK\n"
                   "    Connection: close\n"
                   "    Content-Length: 0\n"
                   "<<< (7 s later) FIN\n",
        .advice = "Look for a lingering or idle timeout that runs before the connection is "
                  "closed.",
    },
    [RULE_CLOSE_NOT_ECHOED] = {
        HEAD("close-not-echoed", WARNING, "server", "RFC 9112 section 9.6"),
        .summary = "the request said close, and the HTTP/1.1 response to it did not",
        .explanation = "A server should send the close option in its final response to a request "
                       "that had it, so that whoever reads the response alone knows that the "
                       "connection ends.",
        .example = ">>> GET / HTTP/1.1\n"
                   "    Host: h\n"
                   "    Connection: close\n"
                   "<<< HTTP/1.1 200 OK\n"
                   "    Content-Length: 0\n",
        .advice = "Send Connection: close in each response after which the server closes.",
    },
    [RULE_UNDECLARED_CLOSE] = {
        HEAD("undeclared-close", WARNING, "server", "RFC 9112 section 9.6"),
        .summary = "closed within --prompt-close of a complete response that promised persistence",
        .explanation = "A sender that intends to close the connection should say so with the "
                       "close option. A server that closes right after a response had intended "
                       "it. Clients that rely on the promise lose the request that they send "
                       "next.",
        .example = "<<< HTTP/1.1 200 OK\n"
                   "    Content-Length: 0\n"
                   "<<< (at once) FIN\n",
        .advice = "Send Connection: close with the last response. Look for limits on requests or "
                  "on a connection's age, for workers that are recycled, and for error paths "
                  "that close without a word.",
    },
    [RULE_HTTP10_REUSED] = {
        HEAD("http10-reused", WARNING, "client", "RFC 9112 section 9.3"),
        .summary = "a further request, sent knowing an HTTP/1.0 response without keep-alive",
        .explanation = "An HTTP/1.0 response without the keep-alive option ends its connection: "
                       "the server closes after it, and a request sent then is lost. That the "
                       "client knew is shown by its acknowledgement.",
        .example = "<<< HTTP/1.0 200 OK\n"
                   "    Content-Length: 0\n"
                   ">>> GET /b HTTP/1.1\n"
                   "    Host: h\n",
        .advice = "Keep a connection to an HTTP/1.0 server only if its response says keep-alive.",
    },
    [RULE_KEEPALIVE_RACE] = {
        HEAD("keepalive-race", WARNING, "", "RFC 9112 section 9.5"),
        .summary = "a request crossed the server's idle close and was lost",
        .explanation = "The server closed an idle connection while the next request was on its "
                       "way. The numbers show that neither side knew of the other: what the "
                       "server's FIN acknowledges covers no byte of the request, and the request "
                       "was not sent in knowledge of the FIN. It is nobody's fault, and the "
                       "classic cause of sporadic 502s.",
        .example = "<<< FIN\n"
                   ">>> GET /b HTTP/1.1        (acknowledges nothing of the FIN)\n"
                   "    Host: h\n"
                   "<<< RST\n",
        .advice = "Let the client give up idle connections some seconds before the server does, "
                  "and let it retry requests that are idempotent.",
    },
    [RULE_CONNECTION_FORGOTTEN] = {
        HEAD("connection-forgotten", WARNING, "", "RFC 9293 section 3.10.7.1"),
        .summary = "a request on an idle connection was answered by a RST from one who no longer "
                   "knew it",
        .explanation = "A RST without ACK whose sequence number is just what the request "
                       "acknowledged comes from a machine that has no such connection: a "
                       "balancer or NAT that dropped it when idle, another one that took over, a "
                       "server that was restarted. No close had been seen before.",
        .example = ">>> GET /b HTTP/1.1        (acknowledges N)\n"
                   "    Host: h\n"
                   "<<< RST seq=N\n",
        .advice = "Keep idle times below the limit of every box on the way, or send TCP "
                  "keep-alives more often than that.",
    },
    [RULE_REQUEST_AFTER_FIN] = {
        HEAD("request-after-fin", WARNING, "client", "RFC 9112 section 9.5"),
        .summary = "a request was sent in knowledge of the server's FIN",
        .explanation = "Whoever holds a persistent connection should watch for the other side's "
                       "close. The client's TCP had acknowledged the server's FIN, and nothing "
                       "kept the request back since: it was sent on a connection that was known "
                       "to be closed, and is lost.",
        .example = "<<< FIN\n"
                   ">>> (acknowledges it)\n"
                   ">>> GET /b HTTP/1.1\n"
                   "    Host: h\n",
        .advice = "Have the pool look for end of file on a connection before each use, and drop "
                  "it when there is one.",
    },
    [RULE_CLOSED_UNANSWERED] = {
        HEAD("closed-unanswered", WARNING, "server", "RFC 9112 section 9.5"),
        .summary = "the server had received a request whole, and closed without an answer",
        .explanation = "What the server's closing segment acknowledges covers the whole request, "
                       "yet no byte of a response came. The server may have acted on it: only a "
                       "request that is idempotent can be sent again.",
        .example = ">>> GET /b HTTP/1.1\n"
                   "    Host: h\n"
                   "<<< FIN                    (acknowledges all of it)\n",
        .advice = "Look for workers that crashed, and for an idle timer that fires while a "
                  "request waits in the socket.",
    },
    [RULE_CLOSED_DURING_REQUEST] = {
        HEAD("closed-during-request", WARNING, "server", "RFC 9112 section 9.5"),
        .summary = "the server had received part of a request, and closed without an answer",
        .explanation = "What the server's closing segment acknowledges covers a part of the "
                       "request: it closed while one was coming in, and the client cannot know "
                       "how much of it had an effect.",
        .example = ">>> POST /b HTTP/1.1\n"
                   "    Host: h\n"
                   "    Content-Length: 4\n"
                   "\n"
                   "    ab\n"
                   "<<< FIN                    (acknowledges these bytes)\n"
                   ">>> cd\n",
        .advice = "Look for timeouts on reading requests, and answer 408 or 413 before closing.",
    },
    [RULE_RESPONSE_AT_RISK] = {
        HEAD("response-at-risk", WARNING, "server", "RFC 9112 section 9.6"),
        .summary = "the server sent a RST while bytes of its complete response were "
                   "unacknowledged",
        .explanation = "A RST makes the client's TCP throw away what the program has not read "
                       "yet: the response may be lost although it was sent whole. It happens "
                       "when a socket is closed on which unread bytes of a request wait.",
        .example = "<<< HTTP/1.1 413 Content Too Large\n"
                   "    Connection: close\n"
                   "    Content-Length: 0\n"
                   "<<< RST                    (before the response is acknowledged)\n",
        .advice = "Close in stages: shut down the writing side, read until the client closes or "
                  "a time is up, then close.",
    },
    [RULE_ABORTED] = {
        HEAD("aborted", ERROR, "server", "RFC 9112 section 8"),
        .summary = "the server closed before its response was complete (before any byte of one: "
                   "a warning)",
        .explanation = "The connection was ended by the server before its response had reached "
                       "the Content-Length or the last chunk that it had promised: the client "
                       "has a part and cannot use it. Where no byte of a response had come, "
                       "nothing was promised yet: a warning.",
        .example = "<<< HTTP/1.1 200 OK\n"
                   "    Content-Length: 1000\n"
                   "\n"
                   "    (10 bytes)\n"
                   "<<< FIN\n",
        .advice = "Look for crashes and timeouts of the server and of what stands behind it, and "
                  "for a Content-Length that is wrong.",
    },
    [RULE_CLIENT_ABORTED] = {
        HEAD("client-aborted", NOTE, "client", "RFC 9112 section 9.5"),
        .summary = "the client closed or reset before the response was complete",
        .explanation = "The client ended the connection while a response was outstanding or "
                       "under way: a timeout, or a person who went elsewhere. A client may close "
                       "at any time; where it does so often, something is slow.",
        .example = ">>> GET /slow HTTP/1.1\n"
                   "    Host: h\n"
                   ">>> FIN\n",
        .advice = "Compare the times with the client's timeouts, and with how long the server "
                  "takes.",
    },
    [RULE_IDLE_RESET] = {
        HEAD("idle-reset", NOTE, "either", "RFC 9112 section 9.5"),
        .summary = "an idle connection was ended by a RST, without a FIN",
        .explanation = "Who wishes to end an idle connection should close it in an orderly way. "
                       "A RST with nothing outstanding loses nothing by itself, but hides who "
                       "decided it: boxes on the way send resets in the name of either side.",
        .example = "<<< HTTP/1.1 200 OK\n"
                   "    Content-Length: 0\n"
                   ">>> (20 s later) RST\n",
        .advice = "Look for sockets closed with SO_LINGER 0, and for firewalls that end idle "
                  "connections.",
    },
    [RULE_HALF_OPEN] = {
        HEAD("half-open", WARNING, "either", "RFC 9112 section 9.5"),
        .summary = "one side closed, and the other is witnessed open later than --half-close",
        .explanation = "Endpoints should watch for the other's close and answer it with their "
                       "own. This one had acknowledged a FIN, had nothing left to send, and is "
                       "seen open later than --half-close: such connections pile up "
                       "(CLOSE_WAIT). Tunnels, upgrades and responses under way are not meant.",
        .example = "<<< FIN\n"
                   ">>> (60 s later: a segment, no FIN so far)\n",
        .advice = "Close the socket when reading gives end of file.",
    },
    [RULE_UNSOLICITED_RESPONSE] = {
        HEAD("unsolicited-response", WARNING, "server", "RFC 9112 section 9.2"),
        .summary = "response bytes while no request was outstanding",
        .explanation = "A client that receives data with no request outstanding must not take it "
                       "for a response. One that does reads it as the answer to its next "
                       "request, and every answer after that is the wrong one.",
        .example = "<<< HTTP/1.1 200 OK\n"
                   "    Content-Length: 2\n"
                   "\n"
                   "    ok and more\n",
        .advice = "Look for a Content-Length that is too small, for bodies where none is "
                  "allowed, and for responses sent twice. Have the client drop such a connection.",
    },
    [RULE_IDLE_408] = {
        HEAD("idle-408", NOTE, "server", "RFC 9110 section 15.5.9"),
        .summary = "a 408 or 400 while no request was outstanding, as the server gave up waiting",
        .explanation = "Some servers say 408 when an idle connection's time is up, and close. A "
                       "client that sends its request at that moment may take it for the answer.",
        .example = "<<< HTTP/1.1 408 Request Timeout\n"
                   "    Connection: close\n"
                   "    Content-Length: 0\n"
                   "<<< FIN\n",
        .advice = "Close idle connections without a word, and let clients pass over a 408 that "
                  "comes before they have sent anything.",
    },

    [RULE_CLOSED_BEFORE_TIMEOUT] = {
        HEAD("closed-before-timeout", WARNING, "server", "RFC 2068 section 19.7.1; draft-thomson-hybi-http-timeout section 2"),
        .summary = "closed sooner than the stated timeout, with max not used up",
        .explanation = "With Keep-Alive: timeout=N the server states how long it will leave the "
                       "connection open when idle. It closed sooner than that less "
                       "--timeout-tolerance. The idle time is counted from the earliest moment "
                       "at which its program can have written the last of the response.",
        .example = "<<< HTTP/1.1 200 OK\n"
                   "    Connection: keep-alive\n"
                   "    Keep-Alive: timeout=60\n"
                   "    Content-Length: 0\n"
                   "<<< (10 s later) FIN\n",
        .advice = "State the timeout that is really in force, in the box that closes: a proxy "
                  "passes on neither its own nor the server's.",
    },
    [RULE_MAX_EXCEEDED] = {
        HEAD("max-exceeded", NOTE, "server", "RFC 2068 section 19.7.1; draft-thomson-hybi-http-timeout section 2"),
        .summary = "the server served more requests than the max that it had stated",
        .explanation = "Keep-Alive: max=M states how many more requests the connection will "
                       "serve. It served more: whoever plans by that number plans wrongly.",
        .example = "<<< HTTP/1.1 200 OK\n"
                   "    Connection: keep-alive\n"
                   "    Keep-Alive: max=1\n"
                   "    Content-Length: 0\n"
                   "    (and two more requests are answered)\n",
        .advice = "State the limit that is really in force, or none: the close option says the "
                  "same when the time has come.",
    },
    [RULE_MAX_NOT_REACHED] = {
        HEAD("max-not-reached", NOTE, "server", "RFC 2068 section 19.7.1; draft-thomson-hybi-http-timeout section 2"),
        .summary = "the server said close with less than half of the stated max used",
        .explanation = "Keep-Alive: max=M states how many more requests the connection will "
                       "serve. The server ended it by the close option long before, and the "
                       "client had not asked for that.",
        .example = "<<< HTTP/1.1 200 OK\n"
                   "    Connection: keep-alive\n"
                   "    Keep-Alive: max=100\n"
                   "    Content-Length: 0\n"
                   "    (the next response)\n"
                   "<<< HTTP/1.1 200 OK\n"
                   "    Connection: close\n"
                   "    Content-Length: 0\n",
        .advice = "Look for what made the server end the connection: an error, a restart, "
                  "another limit.",
    },
    [RULE_KEEP_ALIVE_NOT_LISTED] = {
        HEAD("keep-alive-not-listed", WARNING, "sender", "RFC 2068 section 19.7.1.1"),
        .summary = "a Keep-Alive field without the keep-alive option",
        .explanation = "Keep-Alive speaks of this connection alone, and its sender must list it "
                       "in Connection (RFC 9110 section 7.6.1 wants it of every such field). "
                       "Without the option it must be ignored, and a proxy may pass it on to a "
                       "connection of which it is not true.",
        .example = "<<< HTTP/1.1 200 OK\n"
                   "    Keep-Alive: timeout=5\n"
                   "    Content-Length: 0\n",
        .advice = "Send Connection: keep-alive with it, or leave the field out.",
    },
    [RULE_KEEP_ALIVE_MALFORMED] = {
        HEAD("keep-alive-malformed", NOTE, "sender", "RFC 2068 section 19.7.1.1"),
        .summary = "a Keep-Alive parameter that is no number, repeated or unknown",
        .explanation = "Parameters are name=value; those in use are timeout and max, with a "
                       "number. What is none of that cannot be relied upon. Old browsers send a "
                       "bare number of seconds.",
        .example = ">>> GET / HTTP/1.1\n"
                   "    Host: h\n"
                   "    Connection: keep-alive\n"
                   "    Keep-Alive: 300\n",
        .advice = "Write Keep-Alive: timeout=N, max=M, or leave the field out: a client's bounds "
                  "are hardly ever read.",
    },
    [RULE_TIMEOUT_MISMATCH] = {
        HEAD("timeout-mismatch", WARNING, "both", "RFC 9112 section 9.5"),
        .summary = "a client goes on using connections for as long as its server closes idle ones, "
                   "and has lost requests by it (once for each pair of them)",
        .explanation = "The server's idle timeout is inferred from many of its connections: "
                       "docs/timeouts.md says how, and how that can be wrong. This client has sent "
                       "requests when that time was over or nearly so (less 5 %, at least less "
                       "1 s), and the frames show some that crossed the close, came after it, "
                       "or were answered by nothing but the close. A proxy answers such a request with a 502, or repeats "
                       "it if it may: neither side has broken a rule, both together lose "
                       "requests. The row stands at the connection of the first of the requests "
                       "that are named, and is written when all connections are known.",
        .example = "<<< HTTP/1.1 200 OK\n"
                   "    Content-Length: 0\n"
                   ">>> (5 s later) POST /order HTTP/1.1\n"
                   "<<< FIN, which acknowledges nothing of the request\n"
                   "    on one connection; and on many others, after 5 s idle:\n"
                   "<<< FIN\n",
        .advice = "Let every hop wait longer than the one before it: the server's idle timeout "
                  "must exceed, by some seconds, the idle time after which its clients' pools let go of "
                  "a connection. "
                  "Servers: nginx keepalive_timeout (75 s), Apache KeepAliveTimeout (5 s), Node.js "
                  "server.keepAliveTimeout (5 s), gunicorn --keep-alive (2 s), Jetty idleTimeout "
                  "(30 s). "
                  "Balancers: HAProxy timeout http-keep-alive towards clients, and pool-purge-delay "
                  "(5 s) towards servers; "
                  "nginx keepalive_timeout in upstream (60 s); Envoy idle_timeout (1 h); AWS ALB idle "
                  "timeout (60 s); Google's load balancer holds connections to backends for "
                  "600 s, so a backend wants more, such as 620 s. "
                  "Clients: undici keepAliveTimeout (4 s), Go Transport.IdleConnTimeout (90 s in "
                  "DefaultTransport), Apache HttpClient 5 keep-alive (3 min, where the server states none). "
                  "docs/timeouts.md has the table with its sources.",
    },

    [RULE_CONFLICTING_OPTIONS] = {
        HEAD("conflicting-options", WARNING, "sender", "RFC 9110 section 7.6.1"),
        .summary = "close together with keep-alive in one message",
        .explanation = "The two options say opposite things. Close wins (RFC 9112 section 9.3), "
                       "but who stops at the first word that it knows may keep a connection that "
                       "the other side closes.",
        .example = "<<< HTTP/1.1 200 OK\n"
                   "    Connection: keep-alive, close\n"
                   "    Content-Length: 0\n",
        .advice = "Find the second place that sets the field: often a proxy that adds to what "
                  "was there.",
    },
    [RULE_MALFORMED_CONNECTION] = {
        HEAD("malformed-connection", WARNING, "sender", "RFC 9110 section 7.6.1"),
        .summary = "a member of Connection that is no token",
        .explanation = "A connection option is a token: no blanks, quotes, parameters or bytes "
                       "beyond ASCII. What is none matches nothing, and peers differ in what "
                       "they make of it.",
        .example = ">>> GET / HTTP/1.1\n"
                   "    Host: h\n"
                   "    Connection: keep alive\n",
        .advice = "Separate options by commas, and write each as one word.",
    },
    [RULE_EMPTY_CONNECTION_LINE] = {
        HEAD("empty-connection-line", WARNING, "sender", "RFC 9110 section 7.6.1"),
        .summary = "several Connection lines, one of them without a member",
        .explanation = "Several lines are one list, yet careless proxies read the first only: an "
                       "empty one keeps them from removing what the others name (CVE-2021-33197).",
        .example = ">>> GET / HTTP/1.1\n"
                   "    Host: h\n"
                   "    Connection:\n"
                   "    Connection: X-Secret\n",
        .advice = "Send one Connection line. Have proxies read all of them.",
    },
    [RULE_HOP_BY_HOP_UNLISTED] = {
        HEAD("hop-by-hop-unlisted", NOTE, "sender", "RFC 2616 sections 13.5.1 and 14.10"),
        .summary = "Transfer-Encoding, Trailer or a Proxy- field that Connection does not list "
                   "(with --pedantic only)",
        .explanation = "RFC 2616 wanted every field that concerns the connection alone to be "
                       "listed in Connection. RFC 9110 no longer wants it of those that have "
                       "rules of their own, and healthy traffic does not do it: reported with "
                       "--pedantic only.",
        .example = "<<< HTTP/1.1 200 OK\n"
                   "    Transfer-Encoding: chunked\n",
        .advice = "Nothing, unless a peer is of that age.",
    },
    [RULE_END_TO_END_NOMINATED] = {
        HEAD("end-to-end-nominated", ERROR, "sender", "RFC 9110 section 7.6.1"),
        .summary = "Connection names a field that is meant for all recipients",
        .explanation = "A proxy removes every field that Connection names. A sender must not "
                       "name one that all recipients are to read: it would not arrive. "
                       "Cache-Control is the RFC's example.",
        .example = "<<< HTTP/1.1 200 OK\n"
                   "    Connection: Cache-Control\n"
                   "    Cache-Control: no-store\n"
                   "    Content-Length: 0\n",
        .advice = "Take the field's name out of Connection. If a client sends this, ask whether "
                  "it means to have the field removed.",
    },
    [RULE_SENSITIVE_NOMINATED] = {
        HEAD("sensitive-nominated", ERROR, "client", "RFC 9110 section 7.6.1"),
        .summary = "Connection names a field that tells who asks: X-Forwarded-For, Forwarded, "
                   "Via and the like",
        .explanation = "A proxy removes every field that Connection names, if it is careless "
                       "also those that it has just added. To name the fields of identity and "
                       "routing is an attack on whoever trusts them (CVE-2022-1388, "
                       "CVE-2022-31813): no honest client has a reason to.",
        .example = ">>> GET / HTTP/1.1\n"
                   "    Host: h\n"
                   "    Connection: close, X-Forwarded-For\n",
        .advice = "Find out who sends this. Have proxies remove what is named before they add "
                  "their own fields, and refuse requests that name those.",
    },
    [RULE_CONNECTION_IN_TRAILER] = {
        HEAD("connection-in-trailer", ERROR, "sender", "RFC 9110 section 6.5.1"),
        .summary = "Connection, Host or a framing field in a trailer section",
        .explanation = "Fields of framing, routing and the connection must not be sent as "
                       "trailers: they come when all has been decided by the head, and who "
                       "merges them into it reads another message.",
        .example = "<<< HTTP/1.1 200 OK\n"
                   "    Transfer-Encoding: chunked\n"
                   "\n"
                   "    0\n"
                   "    Connection: close\n",
        .advice = "Send the field in the head.",
    },
    [RULE_CONNECTION_IN_INTERIM] = {
        HEAD("connection-in-interim", NOTE, "sender", "RFC 9110 section 15.2"),
        .summary = "fields that concern the connection in a 1xx other than 101",
        .explanation = "An interim response does not end the exchange: what it says about the "
                       "connection decides nothing, and readers differ in whether they look.",
        .example = "<<< HTTP/1.1 100 Continue\n"
                   "    Connection: close\n",
        .advice = "Send such fields with the final response.",
    },
    [RULE_PROXY_CONNECTION] = {
        HEAD("proxy-connection", NOTE, "client", "RFC 9112 appendix C.2.2"),
        .summary = "a Proxy-Connection field was sent",
        .explanation = "The field never was a part of HTTP and has no effect here. On a request "
                       "for a path (not a whole URL) it tells that no proxy has consumed it: the "
                       "client thinks that it speaks to a proxy, or one has passed it on.",
        .example = ">>> GET / HTTP/1.1\n"
                   "    Host: h\n"
                   "    Proxy-Connection: keep-alive\n",
        .advice = "Send Connection, if anything.",
    },
    [RULE_TE_NOT_LISTED] = {
        HEAD("te-not-listed", ERROR, "client", "RFC 9110 section 10.1.4"),
        .summary = "a TE field without the TE option",
        .explanation = "TE tells what this hop may send. Its sender must also send the TE option "
                       "in Connection, so that a proxy does not forward it for somebody who "
                       "could not keep it.",
        .example = ">>> GET / HTTP/1.1\n"
                   "    Host: h\n"
                   "    TE: trailers\n",
        .advice = "Send Connection: TE with it.",
    },
    [RULE_TE_CHUNKED] = {
        HEAD("te-chunked", ERROR, "client", "RFC 9112 section 7.4"),
        .summary = "chunked listed in TE",
        .explanation = "A client must not list chunked in TE: every recipient of HTTP/1.1 "
                       "accepts it anyway.",
        .example = ">>> GET / HTTP/1.1\n"
                   "    Host: h\n"
                   "    Connection: TE\n"
                   "    TE: chunked\n",
        .advice = "Leave chunked out.",
    },

    [RULE_UPGRADE_NOT_LISTED] = {
        HEAD("upgrade-not-listed", ERROR, "sender", "RFC 9110 section 7.8"),
        .summary = "an Upgrade field without the upgrade option",
        .explanation = "The sender of Upgrade must also send the upgrade option in Connection, "
                       "in responses too. Without it a proxy forwards the field, and the peer "
                       "behind it may switch protocols on a connection that was not meant.",
        .example = ">>> GET / HTTP/1.1\n"
                   "    Host: h\n"
                   "    Upgrade: websocket\n",
        .advice = "Send Connection: Upgrade with it.",
    },
    [RULE_UPGRADE_ON_HTTP10] = {
        HEAD("upgrade-on-http10", ERROR, "server", "RFC 9110 section 7.8"),
        .summary = "a 101 in answer to an HTTP/1.0 request",
        .explanation = "A server must ignore an Upgrade field in an HTTP/1.0 request: a proxy "
                       "that knows nothing of it may have forwarded it.",
        .example = ">>> GET / HTTP/1.0\n"
                   "    Connection: Upgrade\n"
                   "    Upgrade: websocket\n"
                   "<<< HTTP/1.1 101 Switching Protocols\n"
                   "    Connection: Upgrade\n"
                   "    Upgrade: websocket\n",
        .advice = "Answer such requests as if the field were not there.",
    },
    [RULE_UPGRADE_NOT_OFFERED] = {
        HEAD("upgrade-not-offered", ERROR, "server", "RFC 9110 sections 7.8 and 15.5.22"),
        .summary = "a 101 to a protocol that was not offered, or a 101 or 426 without Upgrade",
        .explanation = "A server must switch to nothing but what the request's Upgrade named, "
                       "and must say in a 101 or 426 which protocols it is about. Otherwise the "
                       "two sides go on in different languages.",
        .example = ">>> GET / HTTP/1.1\n"
                   "    Host: h\n"
                   "    Connection: Upgrade\n"
                   "    Upgrade: foo\n"
                   "<<< HTTP/1.1 101 Switching Protocols\n"
                   "    Connection: Upgrade\n"
                   "    Upgrade: bar\n",
        .advice = "Choose from the list in the request, and send the choice as Upgrade.",
    },
    [RULE_UPGRADE_TOO_EARLY] = {
        HEAD("upgrade-too-early", WARNING, "client", "RFC 9110 section 7.8; RFC 9931 sections 4 and 6"),
        .summary = "bytes of the new protocol were sent in ignorance of the 101 (WebSocket: an "
                   "error)",
        .explanation = "Until the 101 has come the connection speaks HTTP/1. If the server does "
                       "not switch, it reads these bytes as the next request: whoever chose them "
                       "has smuggled one in. RFC 6455 section 4.1 forbids it for WebSocket: "
                       "there it is an error.",
        .example = ">>> GET / HTTP/1.1\n"
                   "    Host: h\n"
                   "    Connection: Upgrade\n"
                   "    Upgrade: foo\n"
                   ">>> (bytes of foo, before the 101 has arrived)\n",
        .advice = "Wait for the 101.",
    },
    [RULE_WEBSOCKET_HANDSHAKE] = {
        HEAD("websocket-handshake", ERROR, "either", "RFC 6455 section 4"),
        .summary = "method, key, version, accept value or choices of a WebSocket handshake are "
                   "wrong",
        .explanation = "The client's part takes a GET of HTTP/1.1, one key of 16 bytes in base64 "
                       "and version 13. The server's takes the accept value that is made from "
                       "that key, and chooses only subprotocols and extensions that were "
                       "offered. The rest is refused, or works with lenient peers only. The "
                       "handshakes of the earliest drafts (two keys) are not judged.",
        .example = ">>> GET /chat HTTP/1.1\n"
                   "    Host: h\n"
                   "    Connection: Upgrade\n"
                   "    Upgrade: websocket\n"
                   "    Sec-WebSocket-Key: abc\n"
                   "    Sec-WebSocket-Version: 8\n",
        .advice = "Use a current WebSocket library on the side that is named, and let no proxy "
                  "answer or rewrite the handshake.",
    },
    [RULE_H2C_UPGRADE] = {
        HEAD("h2c-upgrade", NOTE, "client", "RFC 7540 section 3.2.1"),
        .summary = "an upgrade to h2c was asked for (HTTP2-Settings missing, repeated or not "
                   "listed: an error)",
        .explanation = "The upgrade takes exactly one HTTP2-Settings field, listed in "
                       "Connection: anything else is an error. If a proxy forwards it and the "
                       "server switches, everything that follows passes the proxy's rules unseen "
                       "(request smuggling). RFC 9113 has withdrawn the mechanism.",
        .example = ">>> GET / HTTP/1.1\n"
                   "    Host: h\n"
                   "    Connection: Upgrade, HTTP2-Settings\n"
                   "    Upgrade: h2c\n"
                   "    HTTP2-Settings: AAMAAABk\n",
        .advice = "Speak HTTP/2 by prior knowledge or over TLS instead. Have proxies remove "
                  "Upgrade: h2c.",
    },
    [RULE_CONNECT_REJECT_KEPT_OPEN] = {
        HEAD("connect-reject-kept-open", NOTE, "server", "RFC 9931 section 8"),
        .summary = "a CONNECT was refused, and the connection served further requests (payload "
                   "had come before the answer: a warning)",
        .explanation = "A proxy that refuses a CONNECT must close the connection without serving "
                       "further requests: clients exist that send payload before the answer, and "
                       "it would be read as requests. Where this client had waited, nothing came "
                       "of it: a note. Where payload had come before the answer: a warning. A "
                       "407 followed by the same CONNECT with credentials is not meant.",
        .example = ">>> CONNECT h:443 HTTP/1.1\n"
                   "    Host: h:443\n"
                   "<<< HTTP/1.1 403 Forbidden\n"
                   "    Content-Length: 0\n"
                   ">>> GET http://h/ HTTP/1.1\n"
                   "    Host: h\n"
                   "<<< HTTP/1.1 200 OK\n"
                   "    Content-Length: 0\n",
        .advice = "Close the connection after refusing a CONNECT.",
    },
    [RULE_CONNECT_PAYLOAD_EARLY] = {
        HEAD("connect-payload-early", WARNING, "client", "RFC 9931 section 8"),
        .summary = "payload after CONNECT in ignorance of the answer, and no close option",
        .explanation = "A client that forwards what others give it must wait for the 2xx, or "
                       "send the close option with its CONNECT: if the CONNECT is refused, the "
                       "proxy reads the payload as requests. Whose bytes it forwards the capture "
                       "cannot show.",
        .example = ">>> CONNECT h:443 HTTP/1.1\n"
                   "    Host: h:443\n"
                   ">>> (payload, before the answer has arrived)\n",
        .advice = "Wait for the 2xx, or send Connection: close with the CONNECT.",
    },

    [RULE_LENGTH_AND_CHUNKED] = {
        HEAD("length-and-chunked", ERROR, "sender", "RFC 9112 section 6.2"),
        .summary = "Content-Length together with Transfer-Encoding",
        .explanation = "A sender must not send both: peers that disagree about which of them "
                       "counts see different messages. That is how requests are smuggled.",
        .example = ">>> POST / HTTP/1.1\n"
                   "    Host: h\n"
                   "    Content-Length: 5\n"
                   "    Transfer-Encoding: chunked\n",
        .advice = "Send one of them. Have proxies refuse both.",
    },
    [RULE_MUST_CLOSE_NOT_CLOSED] = {
        HEAD("must-close-not-closed", ERROR, "server", "RFC 9112 sections 6.1 and 6.3"),
        .summary = "a message whose framing obliges to close was dealt with, and the connection "
                   "went on",
        .explanation = "After a request with both Content-Length and Transfer-Encoding, with "
                       "Transfer-Encoding in HTTP/1.0, with an invalid length, or with a coding "
                       "that does not end in chunked, the server must close: what follows may "
                       "have been smuggled. After a response of HTTP/1.0 with Transfer-Encoding, "
                       "or with an invalid length, the client must.",
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
    },
    [RULE_INVALID_LENGTH] = {
        HEAD("invalid-length", ERROR, "sender", "RFC 9112 section 6.3"),
        .summary = "Content-Length is no number, or has different values (the same value "
                   "repeated: a note)",
        .explanation = "Where the message ends cannot be known: peers guess, and differ. The "
                       "same number said several times is a note: a recipient may take it as "
                       "said once.",
        .example = "<<< HTTP/1.1 200 OK\n"
                   "    Content-Length: 5\n"
                   "    Content-Length: 6\n",
        .advice = "Send one Content-Length, a decimal number. Look for a proxy or framework that "
                  "adds its own.",
    },
    [RULE_BAD_CHUNK] = {
        HEAD("bad-chunk", ERROR, "sender", "RFC 9112 section 7.1"),
        .summary = "a chunk size or delimiter is not of the grammar",
        .explanation = "A chunk is its size in hex digits, perhaps extensions, CRLF, the data, "
                       "CRLF. Peers that tolerate different things there see different messages.",
        .example = "<<< HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n\n"
                   "    0x5 \\nhello\\r\\n0\\r\\n\\r\\n\n",
        .advice = "Write the size in hex digits and nothing else, and CRLF behind size and data.",
    },
    [RULE_HTTP10_KEEPALIVE_WITHOUT_LENGTH] = {
        HEAD("http10-keepalive-without-length", ERROR, "server", "RFC 2068 section 19.7.1"),
        .summary = "an HTTP/1.0 response says keep-alive and has no Content-Length",
        .explanation = "HTTP/1.0 has no chunks: a response on a connection that is to persist "
                       "must have a Content-Length, since nothing else marks its end. Without "
                       "one only the end of the connection does, and keep-alive is not true.",
        .example = "<<< HTTP/1.0 200 OK\n"
                   "    Connection: keep-alive\n"
                   "\n"
                   "    (body)\n",
        .advice = "Send Content-Length, or leave keep-alive out.",
    },
    [RULE_CLOSE_DELIMITED] = {
        HEAD("close-delimited", NOTE, "server", "RFC 9112 section 6.3"),
        .summary = "a response to an HTTP/1.1 request with neither length nor chunks",
        .explanation = "Its body ends with the connection: that cannot be used again, and a body "
                       "that was cut looks like a whole one. A server should send a length or "
                       "chunks wherever it can. To a client of HTTP/1.0 it cannot send chunks: "
                       "not meant.",
        .example = "<<< HTTP/1.1 200 OK\n"
                   "\n"
                   "    (body)\n"
                   "<<< FIN\n",
        .advice = "Send Content-Length or chunks.",
    },
    [RULE_BARE_LF] = {
        HEAD("bare-lf", WARNING, "sender", "RFC 9112 section 2.2"),
        .summary = "a line of the head ends in LF without CR",
        .explanation = "Lines end in CRLF. A recipient may accept a bare LF, and need not: peers "
                       "differ in where lines end.",
        .example = ">>> GET / HTTP/1.1\\nHost: h\\n\\n\n",
        .advice = "End lines with CRLF.",
    },
    [RULE_BAD_START_LINE] = {
        HEAD("bad-start-line", WARNING, "sender", "RFC 9112 sections 3 and 4"),
        .summary = "a start line off the grammar, though it can be understood",
        .explanation = "Extra or missing blanks, a blank in the target, a version that is "
                       "garbled or missing: peers differ in what they read, or refuse it.",
        .example = ">>> GET /a b HTTP/1.1\n"
                   "    Host: h\n",
        .advice = "Encode blanks in targets as %20. Write one blank between the parts, and one "
                  "behind the status code even if no reason follows.",
    },
    [RULE_SPACE_BEFORE_COLON] = {
        HEAD("space-before-colon", ERROR, "sender", "RFC 9112 section 5.1"),
        .summary = "a blank between field name and colon",
        .explanation = "No whitespace is allowed there. Peers that pass over it and peers that "
                       "take it for a part of the name see different fields; servers must refuse "
                       "such a request.",
        .example = ">>> POST / HTTP/1.1\n"
                   "    Host: h\n"
                   "    Transfer-Encoding : chunked\n",
        .advice = "Remove the blank. Have servers answer such requests with a 400.",
    },
    [RULE_OBS_FOLD] = {
        HEAD("obs-fold", ERROR, "sender", "RFC 9112 section 5.2"),
        .summary = "a field value is continued on the next line",
        .explanation = "Folded lines are obsolete and must not be sent: some peers join them, "
                       "others do not, and see different fields.",
        .example = "<<< HTTP/1.1 200 OK\\r\\nX-Long: one\\r\\n two\\r\\nContent-Length: 0\\r\\n\\r\\n\n",
        .advice = "Send the value on one line.",
    },
    [RULE_BODY_WITH_BODYLESS] = {
        HEAD("body-with-bodyless", WARNING, "server", "RFC 9112 section 6.3"),
        .summary = "bytes follow a response to HEAD, a 204 or a 304",
        .explanation = "Such a response ends with its head whatever its fields say. Bytes behind "
                       "it are read as the beginning of the next response.",
        .example = ">>> HEAD / HTTP/1.1\n"
                   "    Host: h\n"
                   "<<< HTTP/1.1 200 OK\n"
                   "    Content-Length: 2\n"
                   "\n"
                   "    ok\n",
        .advice = "Send no body with these.",
    },
    [RULE_EARLY_RESPONSE_BODY_UNREAD] = {
        HEAD("early-response-body-unread", NOTE, "server", "RFC 9112 section 9.3"),
        .summary = "a final response came before the request's body ended, and the server then "
                   "closed",
        .explanation = "A server may answer early, and must close if it does not read the rest. "
                       "The client, which is still sending, may lose the answer to a reset and "
                       "see nothing but a broken connection.",
        .example = ">>> POST / HTTP/1.1\n"
                   "    Host: h\n"
                   "    Content-Length: 1000000\n"
                   "\n"
                   "    (a part)\n"
                   "<<< HTTP/1.1 413 Content Too Large\n"
                   "    Connection: close\n"
                   "    Content-Length: 0\n"
                   "<<< FIN\n",
        .advice = "Let clients ask first (Expect: 100-continue) and read while they send. Have "
                  "the server go on reading for a while before it closes.",
    },

    [RULE_OVERLAP_CONFLICT] = {
        HEAD("overlap-conflict", WARNING, "", "RFC 9293 section 3.10.7.4"),
        .summary = "two versions of the same bytes are in the capture",
        .explanation = "Segments overlap and differ. Which version the receiver took depends on "
                       "its TCP, so what was judged may not be what it read: an attempt at "
                       "evasion, or a broken box on the way. It is seen only while one of them "
                       "waits for earlier bytes; what was read is not kept.",
        .example = ">>> seq=100 len=6 \"GET /a\"\n"
                   ">>> seq=100 len=6 \"GET /b\"\n",
        .advice = "Look at the frames, and at who else can send into this path.",
    },
    [RULE_RESET_IGNORED] = {
        HEAD("reset-ignored", NOTE, "", "RFC 5961 section 3"),
        .summary = "a RST after which its receiver went on",
        .explanation = "The receiver did not accept the reset, or never got it: it was forged, "
                       "late, out of the window, or lost behind the point of capture.",
        .example = "<<< RST\n"
                   ">>> (two seconds later: data)\n",
        .advice = "Look for a box on the way that injects resets.",
    },
};

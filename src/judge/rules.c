#include "judge/rules.h"

#include <string.h>

#define ERROR SEVERITY_ERROR
#define WARNING SEVERITY_WARNING
#define NOTE SEVERITY_NOTE

static const RuleInfo table[RULE_COUNT] = {
    [RULE_REQUEST_AFTER_CLIENT_CLOSE] = { "request-after-client-close", ERROR, "client",
                                          "RFC 9112 section 9.6",
                                          "a further request on a connection on which the client "
                                          "had sent the close option",
                                          "A client that has sent the close option must not send "
                                          "another request on that connection: "
                                          "the server is bound to close it and not to process what "
                                          "follows.",
                                          ">>> GET /a HTTP/1.1\\r\\nHost: h\\r\\nConnection: "
                                          "close\\r\\n\\r\\n\n"
                                          ">>> GET /b HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n\n",
                                          "Put close on the last request only, and take the "
                                          "connection out of the pool when it is "
                                          "sent." },
    [RULE_REQUEST_AFTER_SERVER_CLOSE] = { "request-after-server-close", ERROR, "client",
                                          "RFC 9112 section 9.6",
                                          "a further request, sent knowing the response head that "
                                          "said close",
                                          "A client that has received the close option must send "
                                          "no more requests on that "
                                          "connection. A request that crossed that response is not "
                                          "meant.",
                                          "<<< HTTP/1.1 200 OK\\r\\nConnection: "
                                          "close\\r\\nContent-Length: 0\\r\\n\\r\\n\n"
                                          ">>> (acknowledgement of it)\n"
                                          ">>> GET /b HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n\n",
                                          "Read the Connection field of every response before the "
                                          "connection returns to the pool." },
    [RULE_RESPONSE_AFTER_CLOSE] = { "response-after-close", ERROR, "server", "RFC 9112 section 9.6",
                                    "a further final response after either side's close "
                                    "(HTTP/1.0's default: a warning)",
                                    "After an exchange in which either side sent the close option "
                                    "the server must close the "
                                    "connection and must not process further requests received on "
                                    "it.",
                                    ">>> GET /a HTTP/1.1\\r\\nHost: h\\r\\nConnection: "
                                    "close\\r\\n\\r\\n\n"
                                    "<<< HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n\n"
                                    ">>> GET /b HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n\n"
                                    "<<< HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n\n",
                                    "Have the server stop reading requests and close once a close "
                                    "option has taken effect." },
    [RULE_LEFT_OPEN] = { "left-open", ERROR, "server", "RFC 9112 section 9.6",
                         "close was declared, and the connection is witnessed open later than "
                         "--close-grace "
                         "(HTTP/1.0's default: a warning)",
                         "After an exchange in which either side sent the close option the server "
                         "must initiate the "
                         "closure. A segment of the server later than --close-grace proves that it "
                         "had sent no FIN.",
                         "<<< HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: "
                         "0\\r\\n\\r\\n\n"
                         "<<< (10 s later: answer to a keep-alive probe, no FIN)\n",
                         "Close the socket after such a response; look for a response whose "
                         "connection is not given "
                         "back, and for a balancer that keeps its own connections open." },
    [RULE_CLOSED_LATE] = { "closed-late", WARNING, "server", "RFC 9112 section 9.6",
                           "close was declared, and the connection was closed later than "
                           "--close-grace",
                           "After an exchange in which either side sent the close option the "
                           "server must initiate the "
                           "closure; here that, or the client's closing, took longer than "
                           "--close-grace.",
                           "<<< HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: "
                           "0\\r\\n\\r\\n\n"
                           "<<< (7 s later) FIN\n",
                           "Look for a lingering or idle timeout that is waited for before the "
                           "connection is closed." },
    [RULE_CLOSE_NOT_ECHOED] = { "close-not-echoed", WARNING, "server", "RFC 9112 section 9.6",
                                "the request said close, and the HTTP/1.1 response to it did not",
                                "A server should send the close option in the final response to a "
                                "request that had it, so "
                                "that everyone on the way knows that the connection ends.",
                                ">>> GET / HTTP/1.1\\r\\nHost: h\\r\\nConnection: "
                                "close\\r\\n\\r\\n\n"
                                "<<< HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n\n",
                                "Add Connection: close to responses after which the server "
                                "closes." },
    [RULE_UNDECLARED_CLOSE] = { "undeclared-close", WARNING, "server", "RFC 9112 section 9.6",
                                "closed within --prompt-close of a complete response that promised "
                                "persistence",
                                "A server that intends to close a connection should say so with "
                                "the close option. One that "
                                "closes right after a response had intended it, and clients lose "
                                "requests by it.",
                                "<<< HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n\n"
                                "<<< (at once) FIN\n",
                                "Send Connection: close with the last response; look for request "
                                "limits, worker recycling "
                                "and error paths that close without a word." },
    [RULE_HTTP10_REUSED] = { "http10-reused", WARNING, "client", "RFC 9112 section 9.3",
                             "a further request, sent knowing an HTTP/1.0 response without "
                             "keep-alive",
                             "An HTTP/1.0 response without the keep-alive option ends the "
                             "persistence of the "
                             "connection: nothing may be expected on it.",
                             "<<< HTTP/1.0 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n\n"
                             ">>> GET /b HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n\n",
                             "Pool a connection to an HTTP/1.0 server only if its response says "
                             "keep-alive." },
    [RULE_KEEPALIVE_RACE] = { "keepalive-race", WARNING, "", "RFC 9112 section 9.5",
                              "a request crossed the server's idle close and was lost",
                              "The server closed an idle connection while the next request was on "
                              "its way; neither could "
                              "know. It is nobody's fault, and the classic cause of sporadic 502s.",
                              "<<< FIN\n"
                              ">>> GET /b HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n   (acknowledges no "
                              "FIN)\n"
                              "<<< RST\n",
                              "Let the client's idle timeout be shorter than the server's, and "
                              "retry idempotent "
                              "requests." },
    [RULE_CONNECTION_FORGOTTEN] = { "connection-forgotten", WARNING, "",
                                    "RFC 9293 section 3.10.7.1",
                                    "a request on an idle connection was answered by a RST from "
                                    "one who no longer knew it",
                                    "A RST without ACK whose number is the one that the request "
                                    "acknowledged comes from a host "
                                    "without such a connection: a balancer or NAT dropped its "
                                    "state, or the server restarted.",
                                    ">>> GET /b HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n   (acknowledges "
                                    "N)\n"
                                    "<<< RST seq=N\n",
                                    "Keep idle times below the limit of every box on the way, or "
                                    "send TCP keep-alives." },
    [RULE_REQUEST_AFTER_FIN] = { "request-after-fin", WARNING, "client", "RFC 9112 section 9.5",
                                 "a request was sent in knowledge of the server's FIN",
                                 "The client's TCP had acknowledged the server's FIN before this "
                                 "request could be sent: its "
                                 "pool did not look.",
                                 "<<< FIN\n"
                                 ">>> (acknowledgement of it)\n"
                                 ">>> GET /b HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n\n",
                                 "Check pooled connections for end of file before each use." },
    [RULE_CLOSED_UNANSWERED] = { "closed-unanswered", WARNING, "server", "RFC 9112 section 9.5",
                                 "the server had received a request whole, and closed without an "
                                 "answer",
                                 "What the server's closing segment acknowledged covers the whole "
                                 "request, yet no byte of a "
                                 "response came.",
                                 ">>> GET /b HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n\n"
                                 "<<< FIN   (acknowledges all of it)\n",
                                 "Look for crashed workers, and for an idle timer that fires while "
                                 "a request waits in the "
                                 "socket." },
    [RULE_CLOSED_DURING_REQUEST] = { "closed-during-request", WARNING, "server",
                                     "RFC 9112 section 9.5",
                                     "the server had received part of a request, and closed "
                                     "without an answer",
                                     "What the server's closing segment acknowledged covers a part "
                                     "of the request: it closed "
                                     "while one was coming in.",
                                     ">>> POST /b HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: "
                                     "4\\r\\n\\r\\nab\n"
                                     "<<< FIN   (acknowledges these bytes)\n",
                                     "Look for timeouts on reading requests, and answer 408 or 413 "
                                     "before closing." },
    [RULE_RESPONSE_AT_RISK] = { "response-at-risk", WARNING, "server", "RFC 9112 section 9.6",
                                "the server sent a RST while bytes of its complete response were "
                                "unacknowledged",
                                "A RST makes the client's TCP throw away what was not read yet: "
                                "the response may be lost "
                                "although it was sent whole.",
                                "<<< HTTP/1.1 413 Content Too Large\\r\\nConnection: "
                                "close\\r\\n\\r\\n\n"
                                "<<< RST   (before the response is acknowledged)\n",
                                "Close in stages: shut down writing, read until the client closes, "
                                "then close." },
    [RULE_ABORTED] = { "aborted", ERROR, "server", "RFC 9112 section 8",
                       "the server closed before its response was complete (before any byte of "
                       "one: a warning)",
                       "The connection was ended by the server before the response reached its "
                       "Content-Length or "
                       "its last chunk: the client cannot use what it has.",
                       "<<< HTTP/1.1 200 OK\\r\\nContent-Length: 1000\\r\\n\\r\\n(10 bytes)\n"
                       "<<< FIN\n",
                       "Look for crashes and timeouts of the server or what stands behind it, and "
                       "for a wrong "
                       "Content-Length." },
    [RULE_CLIENT_ABORTED] = { "client-aborted", NOTE, "client", "RFC 9112 section 9.5",
                              "the client closed or reset before the response was complete",
                              "The client ended the connection while a response was outstanding or "
                              "under way: a user "
                              "who went on, or a timeout.",
                              ">>> GET /slow HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n\n"
                              ">>> FIN\n",
                              "Compare with the client's timeouts." },
    [RULE_IDLE_RESET] = { "idle-reset", NOTE, "either", "RFC 9112 section 9.5",
                          "an idle connection was ended by a RST, without a FIN",
                          "A RST on an idle connection loses nothing by itself, but it is no "
                          "orderly close and hides "
                          "who decided it.",
                          ">>> RST   (nothing outstanding)\n",
                          "Look for abortive closes (SO_LINGER 0) and for boxes on the way that "
                          "send resets." },
    [RULE_HALF_OPEN] = { "half-open", WARNING, "either", "RFC 9112 section 9.5",
                         "one side closed, and the other is witnessed open later than --half-close",
                         "An endpoint should watch for the other's close and answer it with its "
                         "own; one that does "
                         "not leaks connections (CLOSE_WAIT).",
                         "<<< FIN\n"
                         ">>> (60 s later: a keep-alive, no FIN)\n",
                         "Close the socket when reading gives end of file." },
    [RULE_UNSOLICITED_RESPONSE] = { "unsolicited-response", WARNING, "server",
                                    "RFC 9112 section 9.2",
                                    "response bytes while no request was outstanding",
                                    "A client must not take data without an outstanding request "
                                    "for a response; what is read "
                                    "as the answer to the next request poisons the connection.",
                                    "<<< HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok\n"
                                    "<<< extra bytes\n",
                                    "Look for a Content-Length that is too small, for bodies sent "
                                    "where none is allowed, and "
                                    "for responses sent twice." },
    [RULE_IDLE_408] = { "idle-408", NOTE, "server", "RFC 9110 section 15.5.9",
                        "a 408 or 400 while no request was outstanding, as the server gave up "
                        "waiting",
                        "Some servers answer an idle connection's timeout with a 408 before they "
                        "close it; a client "
                        "that sends its request at that moment may take it for the answer.",
                        "<<< HTTP/1.1 408 Request Timeout\\r\\nConnection: close\\r\\n\\r\\n\n"
                        "<<< FIN\n",
                        "Close idle connections silently." },

    [RULE_CLOSED_BEFORE_TIMEOUT] = { "closed-before-timeout", WARNING, "server",
                                     "RFC 2068 section 19.7.1; draft-thomson-hybi-http-timeout "
                                     "section 2",
                                     "closed sooner than the stated timeout, with max not used up",
                                     "With Keep-Alive: timeout=N the server stated how long it "
                                     "would keep the idle connection at "
                                     "least, and closed it earlier than that less "
                                     "--timeout-tolerance.",
                                     "<<< HTTP/1.1 200 OK\\r\\nConnection: "
                                     "keep-alive\\r\\nKeep-Alive: timeout=60\\r\\n...\n"
                                     "<<< (10 s later) FIN\n",
                                     "State the timeout that is really in force, in the box that "
                                     "closes." },
    [RULE_MAX_EXCEEDED] = { "max-exceeded", NOTE, "server",
                            "RFC 2068 section 19.7.1; draft-thomson-hybi-http-timeout section 2",
                            "the server served more requests than the max that it had stated",
                            "Keep-Alive: max=M announces how many more requests the connection "
                            "will serve; it served "
                            "more.",
                            "<<< HTTP/1.1 200 OK\\r\\nConnection: keep-alive\\r\\nKeep-Alive: "
                            "max=1\\r\\n...\n"
                            "(two more exchanges)\n",
                            "State the limit that is really in force, or none." },
    [RULE_MAX_NOT_REACHED] = { "max-not-reached", NOTE, "server",
                               "RFC 2068 section 19.7.1; draft-thomson-hybi-http-timeout section 2",
                               "the server said close with less than half of the stated max used",
                               "Keep-Alive: max=M announces how many more requests the connection "
                               "will serve; the server "
                               "ended it by the close option long before.",
                               "<<< HTTP/1.1 200 OK\\r\\nConnection: keep-alive\\r\\nKeep-Alive: "
                               "max=100\\r\\n...\n"
                               "<<< HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n...\n",
                               "Look for what made the server end the connection: an error, a "
                               "restart, another limit." },
    [RULE_KEEP_ALIVE_NOT_LISTED] = { "keep-alive-not-listed", WARNING, "sender",
                                     "RFC 2068 section 19.7.1.1",
                                     "a Keep-Alive field without the keep-alive option",
                                     "The Keep-Alive field concerns this connection alone: without "
                                     "the option it must be "
                                     "ignored, and a proxy may forward it.",
                                     "HTTP/1.1 200 OK\\r\\nKeep-Alive: timeout=5\\r\\n...\n",
                                     "Send Connection: keep-alive with it, or leave the field "
                                     "out." },
    [RULE_KEEP_ALIVE_MALFORMED] = { "keep-alive-malformed", NOTE, "sender",
                                    "RFC 2068 section 19.7.1.1",
                                    "a Keep-Alive parameter that is no number, repeated or unknown",
                                    "What the field states cannot be read as intended: parameters "
                                    "are name=value, and timeout "
                                    "and max take numbers.",
                                    "Keep-Alive: 300\\r\\n\n",
                                    "Write Keep-Alive: timeout=N, max=M." },

    [RULE_CONFLICTING_OPTIONS] = { "conflicting-options", WARNING, "sender",
                                   "RFC 9110 section 7.6.1",
                                   "close together with keep-alive in one message",
                                   "The two options say opposite things; close wins, but peers "
                                   "that look for the first word "
                                   "they know disagree.",
                                   "Connection: keep-alive, close\\r\\n\n",
                                   "Find the second place that sets the field: often a proxy that "
                                   "adds to what was there." },
    [RULE_MALFORMED_CONNECTION] = { "malformed-connection", WARNING, "sender",
                                    "RFC 9110 section 7.6.1",
                                    "a member of Connection that is no token",
                                    "A connection option is a token. What is none matches nothing, "
                                    "and peers differ in what "
                                    "they make of it.",
                                    "Connection: keep alive\\r\\n\n",
                                    "Separate options by commas, without quotes or parameters." },
    [RULE_EMPTY_CONNECTION_LINE] = { "empty-connection-line", WARNING, "sender",
                                     "RFC 9110 section 7.6.1",
                                     "several Connection lines, one of them without a member",
                                     "Several lines are one list, yet careless proxies read the "
                                     "first only: an empty one keeps "
                                     "the others from being removed (CVE-2021-33197).",
                                     "Connection:\\r\\nConnection: X-Forwarded-For\\r\\n\n",
                                     "Send one Connection line; have proxies read all of them." },
    [RULE_HOP_BY_HOP_UNLISTED] = { "hop-by-hop-unlisted", NOTE, "sender",
                                   "RFC 2616 sections 13.5.1 and 14.10",
                                   "Transfer-Encoding, Trailer or a Proxy- field that Connection "
                                   "does not list "
                                   "(with --pedantic only)",
                                   "RFC 2616 wanted every field that concerns the connection alone "
                                   "to be listed in Connection. "
                                   "RFC 9110 wants it no more of those that have rules of their "
                                   "own.",
                                   "Transfer-Encoding: chunked\\r\\n\n",
                                   "Nothing, unless the peer is of that age." },
    [RULE_END_TO_END_NOMINATED] = { "end-to-end-nominated", ERROR, "sender",
                                    "RFC 9110 section 7.6.1",
                                    "Connection names a field that is meant for all recipients",
                                    "A proxy removes what Connection names. A sender must not name "
                                    "fields that everyone on the "
                                    "way is to read, as Cache-Control.",
                                    "Connection: Cache-Control\\r\\nCache-Control: "
                                    "no-store\\r\\n\n",
                                    "Take the field's name out of Connection." },
    [RULE_SENSITIVE_NOMINATED] = { "sensitive-nominated", ERROR, "client", "RFC 9110 section 7.6.1",
                                   "Connection names a field that tells who asks: X-Forwarded-For, "
                                   "Forwarded, Via and the like",
                                   "A proxy removes what Connection names, also what it has added "
                                   "itself. Naming the fields of "
                                   "identity and routing is an attack on whoever trusts them "
                                   "(CVE-2022-1388, CVE-2022-31813).",
                                   "Connection: close, X-Forwarded-For\\r\\n\n",
                                   "Let proxies add such fields after they have removed the "
                                   "nominated ones; ask who sends "
                                   "this." },
    [RULE_CONNECTION_IN_TRAILER] = { "connection-in-trailer", ERROR, "sender",
                                     "RFC 9110 section 6.5.1",
                                     "Connection, Host or a framing field in a trailer section",
                                     "Fields of framing and routing must not be sent as trailers: "
                                     "who merges them into the head "
                                     "reads another message.",
                                     "0\\r\\nConnection: close\\r\\n\\r\\n\n",
                                     "Send the field in the head." },
    [RULE_CONNECTION_IN_INTERIM] = { "connection-in-interim", NOTE, "sender",
                                     "RFC 9110 section 15.2",
                                     "fields that concern the connection in a 1xx other than 101",
                                     "A 1xx does not end the exchange: what it says about the "
                                     "connection decides nothing, and "
                                     "readers differ in whether they look.",
                                     "HTTP/1.1 100 Continue\\r\\nConnection: close\\r\\n\\r\\n\n",
                                     "Send such fields with the final response." },
    [RULE_PROXY_CONNECTION] = { "proxy-connection", NOTE, "client", "RFC 9112 appendix C.2.2",
                                "a Proxy-Connection field was sent",
                                "The field never was part of HTTP and has no effect of its own; on "
                                "a request for a path it "
                                "also tells that no proxy consumed it.",
                                "GET / HTTP/1.1\\r\\nHost: h\\r\\nProxy-Connection: "
                                "keep-alive\\r\\n\\r\\n\n",
                                "Send Connection, if anything." },
    [RULE_TE_NOT_LISTED] = { "te-not-listed", ERROR, "client", "RFC 9110 section 10.1.4",
                             "a TE field without the TE option",
                             "TE speaks of this connection alone: its sender must list it in "
                             "Connection, lest it be "
                             "forwarded.",
                             "GET / HTTP/1.1\\r\\nHost: h\\r\\nTE: trailers\\r\\n\\r\\n\n",
                             "Send Connection: TE with it." },
    [RULE_TE_CHUNKED] = { "te-chunked", ERROR, "client", "RFC 9112 section 7.4",
                          "chunked listed in TE",
                          "A client must not list chunked in TE: every HTTP/1.1 recipient accepts "
                          "it anyway.",
                          "TE: chunked\\r\\nConnection: TE\\r\\n\n", "Leave chunked out." },

    [RULE_UPGRADE_NOT_LISTED] = { "upgrade-not-listed", ERROR, "sender", "RFC 9110 section 7.8",
                                  "an Upgrade field without the upgrade option",
                                  "The sender of Upgrade must also list it in Connection, lest a "
                                  "proxy forward it to one who "
                                  "switches protocols on a connection of another.",
                                  "GET / HTTP/1.1\\r\\nHost: h\\r\\nUpgrade: "
                                  "websocket\\r\\n\\r\\n\n",
                                  "Send Connection: Upgrade with it." },
    [RULE_UPGRADE_ON_HTTP10] = { "upgrade-on-http10", ERROR, "server", "RFC 9110 section 7.8",
                                 "a 101 in answer to an HTTP/1.0 request",
                                 "A server must ignore an Upgrade field in an HTTP/1.0 request: it "
                                 "may have been forwarded "
                                 "by a proxy that does not know it.",
                                 ">>> GET / HTTP/1.0\\r\\nUpgrade: websocket\\r\\nConnection: "
                                 "Upgrade\\r\\n\\r\\n\n"
                                 "<<< HTTP/1.1 101 Switching Protocols\\r\\n...\n",
                                 "Answer such requests as if the field were not there." },
    [RULE_UPGRADE_NOT_OFFERED] = { "upgrade-not-offered", ERROR, "server",
                                   "RFC 9110 sections 7.8 and 15.5.22",
                                   "a 101 to a protocol that was not offered, or a 101 or 426 "
                                   "without Upgrade",
                                   "A server must switch to nothing but what the request's Upgrade "
                                   "named, and must name in a "
                                   "101 or 426 what it is about.",
                                   ">>> GET / HTTP/1.1\\r\\nHost: h\\r\\nUpgrade: "
                                   "foo\\r\\nConnection: Upgrade\\r\\n\\r\\n\n"
                                   "<<< HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: "
                                   "bar\\r\\nConnection: Upgrade\\r\\n\\r\\n\n",
                                   "Choose from the list in the request, and send the choice as "
                                   "Upgrade." },
    [RULE_UPGRADE_TOO_EARLY] = { "upgrade-too-early", WARNING, "client",
                                 "RFC 9110 section 7.8; RFC 9931",
                                 "bytes of the new protocol were sent in ignorance of the 101",
                                 "Until the 101 has come the connection speaks HTTP: if it does "
                                 "not come, the bytes are read "
                                 "as the next request.",
                                 ">>> GET / HTTP/1.1\\r\\nHost: h\\r\\nUpgrade: "
                                 "foo\\r\\nConnection: Upgrade\\r\\n\\r\\n\n"
                                 ">>> (bytes of foo, before the 101)\n",
                                 "Wait for the 101." },
    [RULE_WEBSOCKET_HANDSHAKE] = { "websocket-handshake", ERROR, "either", "RFC 6455 section 4",
                                   "method, key, version, accept value or choices of a WebSocket "
                                   "handshake are wrong",
                                   "The handshake takes a GET with HTTP/1.1, one key of 16 bytes "
                                   "in base64, version 13, and "
                                   "an answer whose accept value is made from that key and chooses "
                                   "only what was offered.",
                                   "Sec-WebSocket-Key: abc\\r\\nSec-WebSocket-Version: 8\\r\\n\n",
                                   "Use a WebSocket library of this age on the side that is "
                                   "named." },
    [RULE_H2C_UPGRADE] = { "h2c-upgrade", NOTE, "client", "RFC 7540 section 3.2.1",
                           "an upgrade to h2c was asked for (HTTP2-Settings missing, repeated or "
                           "not listed: an error)",
                           "The upgrade needs exactly one HTTP2-Settings field, listed in "
                           "Connection. Forwarded by a "
                           "proxy it opens a tunnel past its rules; RFC 9113 has withdrawn it.",
                           "Connection: Upgrade\\r\\nUpgrade: h2c\\r\\n\n",
                           "Use prior knowledge instead; have proxies remove the field." },
    [RULE_CONNECT_REJECT_KEPT_OPEN] = { "connect-reject-kept-open", NOTE, "server", "RFC 9931",
                                        "a CONNECT was refused, and the connection served further "
                                        "requests (payload had come before "
                                        "the answer: a warning)",
                                        "A client may have sent bytes for the tunnel already; a "
                                        "proxy that refuses and goes on "
                                        "reading takes them for requests.",
                                        ">>> CONNECT h:443 HTTP/1.1\\r\\nHost: h:443\\r\\n\\r\\n\n"
                                        "<<< HTTP/1.1 403 Forbidden\\r\\nContent-Length: "
                                        "0\\r\\n\\r\\n\n"
                                        ">>> GET http://h/ HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n\n"
                                        "<<< HTTP/1.1 200 OK\\r\\n...\n",
                                        "Close the connection after refusing a CONNECT." },
    [RULE_CONNECT_PAYLOAD_EARLY] = { "connect-payload-early", WARNING, "client", "RFC 9931",
                                     "payload after CONNECT in ignorance of the answer, and no "
                                     "close option",
                                     "A client that forwards what others give it has to wait for "
                                     "the 2xx, or to send the close "
                                     "option: else a refusal turns the payload into requests.",
                                     ">>> CONNECT h:443 HTTP/1.1\\r\\nHost: h:443\\r\\n\\r\\n\n"
                                     ">>> (payload, before the answer)\n",
                                     "Wait for the 2xx." },

    [RULE_LENGTH_AND_CHUNKED] = { "length-and-chunked", ERROR, "sender", "RFC 9112 section 6.2",
                                  "Content-Length together with Transfer-Encoding",
                                  "A sender must not send both: peers that disagree about which "
                                  "counts see different messages "
                                  "(request smuggling).",
                                  "Content-Length: 5\\r\\nTransfer-Encoding: chunked\\r\\n\n",
                                  "Send one of them; have proxies refuse both." },
    [RULE_MUST_CLOSE_NOT_CLOSED] = { "must-close-not-closed", ERROR, "server",
                                     "RFC 9112 sections 6.1 and 6.3",
                                     "a message whose framing obliges to close was dealt with, and "
                                     "the connection went on",
                                     "After a request with both length and coding, with "
                                     "Transfer-Encoding in HTTP/1.0, with an "
                                     "invalid length or a coding that does not end in chunked, the "
                                     "server must close; after an "
                                     "HTTP/1.0 response with Transfer-Encoding, the client.",
                                     ">>> POST / HTTP/1.1\\r\\nContent-Length: "
                                     "5\\r\\nTransfer-Encoding: chunked\\r\\n...\n"
                                     "<<< HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n\n"
                                     ">>> GET /b HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n\n"
                                     "<<< HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n\n",
                                     "Refuse such messages with a 400, and close." },
    [RULE_INVALID_LENGTH] = { "invalid-length", ERROR, "sender", "RFC 9112 section 6.3",
                              "Content-Length is no number, or has different values (the same "
                              "value repeated: a note)",
                              "Where the message ends cannot be known; peers guess, and differ.",
                              "Content-Length: 5\\r\\nContent-Length: 6\\r\\n\n",
                              "Send one Content-Length, a decimal number." },
    [RULE_BAD_CHUNK] = { "bad-chunk", ERROR, "sender", "RFC 9112 section 7.1",
                         "a chunk size or delimiter is not of the grammar",
                         "Peers that tolerate different things in a chunk line see different "
                         "messages.",
                         "5 \\r\\nhello\\r\\n0\\n\\n\n",
                         "Write the size in hex digits and nothing else, and CRLF behind size and "
                         "data." },
    [RULE_HTTP10_KEEPALIVE_WITHOUT_LENGTH] = { "http10-keepalive-without-length", ERROR, "server",
                                               "RFC 2068 section 19.7.1",
                                               "an HTTP/1.0 response says keep-alive and has no "
                                               "Content-Length",
                                               "A persistent HTTP/1.0 connection needs "
                                               "Content-Length to mark where each message ends; "
                                               "without it only the end of the connection does.",
                                               "HTTP/1.0 200 OK\\r\\nConnection: "
                                               "keep-alive\\r\\n\\r\\n(body)\n",
                                               "Send Content-Length, or leave keep-alive out." },
    [RULE_CLOSE_DELIMITED] = { "close-delimited", NOTE, "server", "RFC 9112 section 6.3",
                               "an HTTP/1.1 response with neither length nor chunks",
                               "Its body ends with the connection: no reuse, and a body that was "
                               "cut looks like a whole "
                               "one.",
                               "HTTP/1.1 200 OK\\r\\n\\r\\n(body)\n",
                               "Send Content-Length or chunks." },
    [RULE_BARE_LF] = { "bare-lf", WARNING, "sender", "RFC 9112 section 2.2",
                       "a line of the head ends in LF without CR",
                       "Lines end in CRLF. A recipient may accept a bare LF, so peers differ in "
                       "where lines end.",
                       "GET / HTTP/1.1\\nHost: h\\n\\n\n", "End lines with CRLF." },
    [RULE_BAD_START_LINE] = { "bad-start-line", WARNING, "sender", "RFC 9112 sections 3 and 4",
                              "a start line off the grammar, though it can be understood",
                              "Extra or missing blanks, blanks in the target, a version that is "
                              "garbled or missing: peers "
                              "differ in what they read.",
                              "GET /a b HTTP/1.1\\r\\n\n",
                              "Encode targets; write one blank between the parts, and one behind "
                              "the status code." },
    [RULE_SPACE_BEFORE_COLON] = { "space-before-colon", ERROR, "sender", "RFC 9112 section 5.1",
                                  "a blank between field name and colon",
                                  "No whitespace is allowed there: peers that skip it and peers "
                                  "that take it for a part of "
                                  "the name see different fields.",
                                  "Transfer-Encoding : chunked\\r\\n\n",
                                  "Remove it; have servers refuse such requests with a 400." },
    [RULE_OBS_FOLD] = { "obs-fold", ERROR, "sender", "RFC 9112 section 5.2",
                        "a field value is continued on the next line",
                        "Folding lines is obsolete and must not be sent: not everyone joins the "
                        "lines.",
                        "X-Long: one\\r\\n two\\r\\n\n", "Send the value on one line." },
    [RULE_BODY_WITH_BODYLESS] = { "body-with-bodyless", WARNING, "server", "RFC 9112 section 6.3",
                                  "bytes follow a response to HEAD, a 204 or a 304",
                                  "Such a response ends with its head whatever it says; bytes "
                                  "behind it are read as the next "
                                  "response.",
                                  ">>> HEAD / HTTP/1.1\\r\\nHost: h\\r\\n\\r\\n\n"
                                  "<<< HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok\n",
                                  "Send no body with it." },
    [RULE_EARLY_RESPONSE_BODY_UNREAD] = { "early-response-body-unread", NOTE, "server",
                                          "RFC 9112 section 9.3",
                                          "a final response came before the request's body ended, "
                                          "and the server then closed",
                                          "A server may answer early, and closes if it does not "
                                          "read the rest; the client may lose "
                                          "the answer to a reset.",
                                          ">>> POST / HTTP/1.1\\r\\nContent-Length: "
                                          "1000000\\r\\n\\r\\n(a part)\n"
                                          "<<< HTTP/1.1 413 Content Too Large\\r\\nConnection: "
                                          "close\\r\\n\\r\\n\n"
                                          "<<< FIN\n",
                                          "Let clients ask first (Expect: 100-continue) and read "
                                          "while they send." },

    [RULE_OVERLAP_CONFLICT] = { "overlap-conflict", WARNING, "", "RFC 9293 section 3.10.7.4",
                                "two versions of the same bytes are in the capture",
                                "Segments overlap and differ: what was judged may not be what the "
                                "receiver read. An attempt "
                                "at evasion, or a broken box on the way.",
                                "seq=100 \"GET /a\"\nseq=100 \"GET /b\"\n",
                                "Look at the frames, and at who else can send into this path." },
    [RULE_RESET_IGNORED] = { "reset-ignored", NOTE, "", "RFC 5961 section 3",
                             "a RST after which its receiver went on",
                             "The receiver did not accept the reset, or never got it: forged, "
                             "late, or lost.",
                             "<<< RST\n>>> (two seconds later, data)\n",
                             "Look for a box on the way that injects resets." },
};

const RuleInfo *rule_info(Rule rule)
{
    return &table[rule];
}

const char *severity_name(Severity severity)
{
    static const char *const names[] = { "note", "warning", "error" };
    return names[severity];
}

bool rule_find(const char *name, Rule *ret_rule)
{
    for (Rule rule = 0; rule < RULE_COUNT; rule++)
        if (strcmp(name, table[rule].name) == 0) {
            *ret_rule = rule;
            return true;
        }
    return false;
}

enum { NAME_MAX_LENGTH = 40 };

/* How many characters to insert, remove or replace to make one of the other. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[NAME_MAX_LENGTH + 1];
    size_t b_length = strlen(b);
    g_assert(b_length <= NAME_MAX_LENGTH);
    for (size_t j = 0; j <= b_length; j++)
        row[j] = (unsigned)j;
    for (; *a; a++) {
        unsigned diagonal = row[0]++;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned cost = diagonal + (*a != b[j - 1]);
            diagonal = row[j];
            row[j] = MIN(cost, MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_length];
}

const char *rule_nearest(const char *name)
{
    Rule nearest = 0;
    unsigned least = UINT_MAX;
    for (Rule rule = 0; rule < RULE_COUNT; rule++) {
        unsigned far = distance(name, table[rule].name);
        if (far < least) {
            least = far;
            nearest = rule;
        }
    }
    return table[nearest].name;
}

char *rule_names(RuleSet rules)
{
    GString *text = g_string_new(NULL);
    for (Rule rule = 0; rule < RULE_COUNT; rule++)
        if (rules & rule_bit(rule))
            g_string_append_printf(text, "%s%s", text->len ? " " : "", table[rule].name);
    return g_string_free(text, FALSE);
}

char *rules_list(void)
{
    GString *text = g_string_new(NULL);
    for (Rule rule = 0; rule < RULE_COUNT; rule++) {
        const RuleInfo *info = &table[rule];
        g_string_append_printf(text, "%s\t%s\t%s\t%s\t%s\n", info->name,
                               severity_name(info->severity), *info->party ? info->party : "-",
                               info->reference, info->summary);
    }
    return g_string_free(text, FALSE);
}

/* Appends a text in lines of at most 76 characters behind `indent` blanks. */
static void append_wrapped(GString *text, const char *words, size_t indent)
{
    size_t column = 0;
    for (const char *word = words; *word;) {
        size_t length = strcspn(word, " ");
        if (column > 0 && column + 1 + length > 76) {
            g_string_append_c(text, '\n');
            column = 0;
        }
        if (column == 0)
            g_string_append_printf(text, "%*s", (int)indent, "");
        else
            g_string_append_c(text, ' ');
        g_string_append_len(text, word, (gssize)length);
        column = (column == 0 ? indent : column + 1) + length;
        word += length + (word[length] == ' ');
    }
    g_string_append_c(text, '\n');
}

char *rule_explain(Rule rule)
{
    const RuleInfo *info = &table[rule];
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%s: %s", info->name, severity_name(info->severity));
    if (*info->party)
        g_string_append_printf(text, ", %s", info->party);
    g_string_append_printf(text, " (%s)\n\n", info->reference);
    append_wrapped(text, info->explanation, 2);
    g_string_append(text, "\n  Such as:\n\n");
    g_auto(GStrv) lines = g_strsplit(info->example, "\n", -1);
    for (char **line = lines; *line; line++)
        if (**line)
            g_string_append_printf(text, "    %s\n", *line);
    g_string_append(text, "\n  What to do:\n\n");
    append_wrapped(text, info->advice, 2);
    return g_string_free(text, FALSE);
}

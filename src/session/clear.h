/* Clear text: a session whose bytes are those of the stream, behind a PROXY protocol header of the
 * client, if there is one. */
#ifndef SESSION_CLEAR_H
#define SESSION_CLEAR_H

#include "session/session.h"

extern const SessionStage SESSION_CLEAR;

#endif

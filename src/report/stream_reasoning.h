/* Why a stream of HTTP/2 is judged as it is: what reasoning.h is for HTTP/1. Pure. */
#ifndef REPORT_STREAM_REASONING_H
#define REPORT_STREAM_REASONING_H

#include "report/reasoning.h"

/* The sentences for one stream; false: those of HTTP/1 for its cause fit, and nothing is added. */
bool stream_reasoning_add_why(StoryText *text, const Reasoning *reasoning, const ExchangeRow *row);

/* "PROTOCOL_ERROR", "the code 99" */
void stream_reasoning_add_code(StoryText *text, uint32_t code);

#endif

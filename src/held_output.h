/* A stream of which what has not gone out yet can be taken back: if a run has to begin anew, it
 * writes the same bytes up to the moment from which they were held, and others behind it.
 *
 * Grammar: new · (write to the stream · again*)* · end · free. */
#ifndef HELD_OUTPUT_H
#define HELD_OUTPUT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct HeldOutput HeldOutput;

/* Opens the file for what is held now, while the process may still make one. */
void held_output_prepare(void);

/* What is written is held, in a file without a name, once `holds` says so; until then it goes to
 * `to`. NULL, with errno set: there is no such stream. */
HeldOutput *held_output_new(FILE *to, bool (*holds)(const void *data), const void *data);

FILE *held_output_stream(HeldOutput *held);

/* What is held is dropped. The writer begins anew: as many bytes as have gone out already are
 * passed over. Nothing is held any longer. */
void held_output_again(HeldOutput *held);

/* What is held goes out. False: not all of it, see errno. */
bool held_output_end(HeldOutput *held);

void held_output_free(HeldOutput *held);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HeldOutput, held_output_free)

#endif

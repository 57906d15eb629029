/*
 * Text that may be shared: telephone numbers without their digits. Pure.
 *
 * A telephone number is a run of seven digits or more. What Asterisk numbers itself keeps its digits: ids (1763900900.12), times in names of
 * recordings (20251123-122820), hexadecimal keys; and our own ids. The last two digits stay, to tell numbers apart, and so does the length.
 */
#ifndef CELSYNC_MASK_H
#define CELSYNC_MASK_H

#include <glib.h>

/* Numbers anywhere in a text, encoded forms and JSON as well. Free with g_free. */
char *mask_numbers(const char *text);
/* A field that is a number, however it is written ("8 (916) 111-22-33"); extensions stay. Free with g_free. */
char *mask_number(const char *number);

#endif

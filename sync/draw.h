/*
 * Text for people: what a call's channels did, drawn to scale in so many columns, and the pieces that other lines are made of. Pure.
 *
 * Nothing that came from a database reaches a terminal but through draw_text(): control characters, escape sequences and what
 * turns the direction of writing become "?"; without UTF-8 everything is ASCII.
 */
#ifndef CELSYNC_DRAW_H
#define CELSYNC_DRAW_H

#include "sync/tracks.h"

#define DRAW_WIDTH_MIN 60
#define DRAW_WIDTH 80 /* where there is no terminal */

struct draw_style {
	guint width; /* columns; fewer than DRAW_WIDTH_MIN count as that many */
	gboolean utf8, colour;
	GTimeZone *tz; /* in which times are written; borrowed, never NULL */
};

/* A line's worth of text, made harmless. Free with g_free. */
char *draw_text(const struct draw_style *style, const char *text);
/* Columns that text without control characters takes: wide letters take two, combining ones none. */
guint draw_columns(const char *text);
/* The text, made harmless, in exactly so many columns: cut off with a mark, or filled up with spaces. Free with g_free. */
char *draw_fit(const struct draw_style *style, const char *text, guint columns);
/* The text as a heading. Free with g_free. */
char *draw_heading(const struct draw_style *style, const char *text);

/* "client", "101", "Local 101", a number, or the channel's peer: who a track is. Free with g_free. */
char *draw_who(const tracks *of, const struct track *track);

/*
 * The picture: a time axis, a line a track with its hang-up cause (Q.850) where it ends, and a legend of the signs
 * used. Lines (char *) without newline, none wider than the style says; free with g_ptr_array_unref.
 */
GPtrArray *draw_tracks(const tracks *of, const struct draw_style *style);

#endif

/*
 * What a call was: a settled (or still open) group of rows, its CDR rows and the rules of this PBX
 * give calls with direction, client, legs, results and recordings. Pure.
 */
#ifndef CELSYNC_CALL_H
#define CELSYNC_CALL_H

#include "poller/number.h"
#include "poller/row.h"

/*
 * What the configuration says of this PBX; all pointers borrowed, and constant while calls are built.
 * Sets are GHashTables used as sets of strings; NULL is an empty set.
 */
struct call_rules {
	const char *name;           /* prefix of callid, NULL: none */
	GRegex *extension;          /* an employee's number; NULL: ^[1-9][0-9]{1,4}$ */
	GHashTable *trunk;          /* "mango", "PJSIP/mango" */
	GHashTable *alias;          /* "9101" -> "101" */
	GHashTable *employees;      /* where given, others are warned of */
	GHashTable *skip_ext, *skip_did;
	gboolean internal;          /* report internal calls too */
	const char *anonymous;      /* number to send for an unknown client; NULL: such calls are skipped */
	const char *default_ext;    /* who gets the Missed when nobody rang; NULL: nobody */
	const number_rewrite *rewrite;
};

#endif

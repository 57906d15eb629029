/* What else is to be told of a call: numbers, transfers, circumstances. */
#include "poller/call_private.h"

#include "poller/extra.h"

static const struct record *
record_at(const struct call_builder *b, guint i)
{
	return &b->group->records[i];
}

/* Numbers. */

static gboolean
is_client_number(const struct call_builder *b, const char *number)
{
	return number != NULL && number_is_dialable(number) &&
	       !party_is_extension(b->rules, number);
}

/* Is the number a channel began with one that can be dialled? How long it is, is known of the last it had. */
static gboolean
has_number(const struct channel *c)
{
	return c->cid_num == c->cid_last ? number_is_dialable_n(c->cid_num, c->cid_last_len)
	                                 : number_is_dialable(c->cid_num);
}

/* Is this lane the client's, or on the side of the caller? */
static gboolean
is_of_call(const struct call_builder *b, guint lane)
{
	return lane == b->beginning || (int)lane == b->caller || call_is_under(b, lane);
}

static const char *
number_from_transfer(const struct call_builder *b)
{
	for (guint i = 0; i < b->t->n_notable; i++) {
		const struct step *s = b->t->notable[i];
		int lane = s->event == CEL_BLINDTRANSFER ? timeline_lane(b->t, s->channel) : -1;
		if (lane < 0 || !is_of_call(b, (guint)lane))
			continue;
		g_autofree char *number = extra_dup(s->extra, "extension");
		if (is_client_number(b, number))
			return arena_string(b->arena, number);
	}
	return NULL;
}

static const char *
number_from_outside_leg(const struct call_builder *b)
{
	for (int i = b->last_client; i >= 0; i--) {
		if (!lane_set_has(b->client, (guint)i))
			continue;
		const struct channel *c = b->t->lanes[i].channel;
		if (has_number(c))
			return c->cid_num;
	}
	return NULL;
}

static const char *
number_from_dial(const struct call_builder *b)
{
	for (guint i = 0; i < b->t->n_lanes; i++) {
		if (!is_of_call(b, i) || lane_set_has(b->client, i))
			continue;
		const char *number = call_dialled_number(b->arena, b->t->lanes[i].channel->dial);
		/* The dialling of the employee's own phone is no witness. */
		if (is_client_number(b, number))
			return number;
	}
	return NULL;
}

/* type-DEST-from-YYYYMMDD-HHMMSS-…: FreePBX callrecording, sub-record-check. */
static const char *
number_from_file(const struct call_builder *b)
{
	for (guint i = 0; i < b->t->n_notable; i++) {
		const struct step *s = b->t->notable[i];
		int lane = s->event == CEL_APP_START && s->app.id == APP_MIXMONITOR
		               ? timeline_lane(b->t, s->channel)
		               : -1;
		if (lane < 0 || !is_of_call(b, (guint)lane))
			continue;
		const char *slash = strrchr(s->app.data, '/'),
			   *name = slash != NULL ? slash + 1 : s->app.data;
		g_auto(GStrv) parts = g_strsplit(name, "-", 4);
		if (g_strv_length(parts) >= 3 && is_client_number(b, parts[1]))
			return arena_string(b->arena, parts[1]);
	}
	return NULL;
}

static const char *
number_from_record(const struct call_builder *b)
{
	for (guint i = 0; i < b->group->n_records; i++) {
		const struct record *r = record_at(b, i);
		int lane = r->channel != NULL ? timeline_lane(b->t, r->channel) : -1;
		if (lane >= 0 && is_of_call(b, (guint)lane) && is_client_number(b, r->dst))
			return r->dst;
	}
	return NULL;
}

static const char *
outgoing_number(const struct call_builder *b)
{
	const struct channel *begin = b->t->lanes[b->beginning].channel;
	if (is_client_number(b, begin->exten))
		return begin->exten;
	const char *number = number_from_transfer(b);
	if (number == NULL)
		number = number_from_outside_leg(b);
	if (number == NULL)
		number = number_from_dial(b);
	if (number == NULL)
		number = number_from_file(b);
	return number != NULL ? number : number_from_record(b);
}

static const char *
client_of_incoming(const struct call_builder *b)
{
	const struct channel *c = b->t->lanes[b->first_client].channel;
	if (has_number(c))
		return c->cid_num;
	/* Another is an originate that rang the client first. */
	return b->first_client == (int)b->beginning ? NULL : number_from_dial(b);
}

static const char *
client_of_internal(const struct call_builder *b)
{
	for (guint i = 0; i < b->t->n_lanes; i++) {
		if (lane_set_has(b->client, i) && b->parties[i].ext != NULL)
			return b->parties[i].ext;
	}
	const char *exten = b->t->lanes[b->beginning].channel->exten;
	return number_is_dialable(exten) ? exten : NULL;
}

static void
find_client_number(struct call_builder *b)
{
	struct call *call = b->call;
	if (call->direction == DIRECTION_INTERNAL) {
		call->client = client_of_internal(b);
		return;
	}
	const char *number =
	    call->direction == DIRECTION_IN ? client_of_incoming(b) : outgoing_number(b);
	if (number == NULL) {
		call->client = b->rules->anonymous;
		if (call->client != NULL)
			call_note(b, call_join(b->arena, "the client's number is unknown; sent as ",
					 call->client, NULL));
		return;
	}
	call->client = number_rewritten_part(b->rules->rewrite, number);
	if (call->client != NULL)
		return;
	g_autofree char *rewritten = number_rewritten(b->rules->rewrite, number);
	call->client = arena_string(b->arena, rewritten);
}

static void
find_did(struct call_builder *b)
{
	struct call *call = b->call;
	const struct channel *begin = b->t->lanes[b->beginning].channel;
	if (call->direction == DIRECTION_IN) {
		for (guint i = 0; i < b->group->n_records && call->did == NULL; i++) {
			const struct record *r = record_at(b, i);
			if (r->did[0] != '\0' && r->channel == begin)
				call->did = r->did;
		}
		if (call->did == NULL && number_is_dialable(begin->exten))
			call->did = begin->exten;
	} else if (call->direction == DIRECTION_OUT) {
		/* Once the trunk is dialled, the caller's channel carries the outbound caller ID. */
		const char *number = begin->cid_last;
		if (number_is_dialable_n(number, begin->cid_last_len) &&
		    !party_is_extension(b->rules, number) && !call_same_text(number, call->client))
			call->did = number;
	}
}

/* What a CDR record's dst names may also be a queue or a room. */
static gboolean
is_application(const struct call_builder *b, const char *number)
{
	for (guint i = 0; i < b->t->n_notable; i++) {
		const struct step *s = b->t->notable[i];
		if (s->event != CEL_APP_START || s->app.id == APP_MIXMONITOR ||
		    s->app.id == APP_VOICEMAIL)
			continue;
		gsize n = strcspn(s->app.data, ",");
		if (strlen(number) == n && strncmp(s->app.data, number, n) == 0)
			return TRUE;
	}
	return FALSE;
}

static gboolean
is_callable(const struct call_builder *b, const char *number)
{
	if (!party_is_extension(b->rules, number) || is_application(b, number))
		return FALSE;
	GHashTable *employees = b->rules->employees;
	return employees == NULL || g_hash_table_size(employees) == 0 ||
	       g_hash_table_contains(employees, party_alias(b->rules, number));
}

/* CDR may be late or lost; the name of a recording begun on the client's channel tells whom the call was for, too. */
static const char *
extension_from_file(const struct call_builder *b)
{
	for (guint i = 0; i < b->t->n_notable; i++) {
		const struct step *s = b->t->notable[i];
		if (s->event != CEL_APP_START || s->app.id != APP_MIXMONITOR ||
		    strcmp(s->channel->uniqueid, b->call->linkedid) != 0)
			continue;
		const char *slash = strrchr(s->app.data, '/'),
			   *name = slash != NULL ? slash + 1 : s->app.data;
		g_auto(GStrv) parts = g_strsplit(name, "-", 4);
		if (g_strv_length(parts) >= 3 && is_callable(b, parts[1]))
			return arena_string(b->arena, party_alias(b->rules, parts[1]));
	}
	return NULL;
}

const char *
call_cdr_extension(const struct call_builder *b)
{
	for (guint i = 0; i < b->group->n_records; i++) {
		const struct record *r = record_at(b, i);
		if (r->channel == NULL || strcmp(r->uniqueid, b->call->linkedid) != 0)
			continue;
		if (is_callable(b, r->dst))
			return party_alias(b->rules, r->dst);
	}
	return extension_from_file(b);
}

/* Transfers. */

static const char *
ext_of_lane(const struct call_builder *b, int lane)
{
	return lane >= 0 ? b->parties[lane].ext : NULL;
}

/* Connected with the client first only after this row, and another than the one who transferred. */
static gboolean
joined_after(const struct call_builder *b, guint leg, gint64 id)
{
	for (guint i = 0; i < b->n_talks; i++) {
		if (lane_set_meets(b->talks[i].set, call_leg_set(b, leg), b->t->words))
			return b->talks[i].segment->to_id > id;
	}
	return FALSE;
}

static G_GNUC_NO_INLINE void
find_transfers(struct call_builder *b)
{
	struct call *call = b->call;
	for (guint i = 0; i < b->t->n_notable; i++) {
		const struct step *s = b->t->notable[i];
		if (s->event != CEL_BLINDTRANSFER && s->event != CEL_ATTENDEDTRANSFER)
			continue;
		int lane = timeline_lane(b->t, s->channel);
		const char *by = ext_of_lane(b, lane);
		if (by == NULL && lane >= 0 && b->parties[lane].kind == PARTY_LOCAL)
			by = party_of_local(b->rules, &b->t->lanes[lane], b->arena);
		if (by == NULL)
			continue;
		if (s->event == CEL_BLINDTRANSFER) {
			g_autofree char *to = extra_dup(s->extra, "extension");
			call_note(b, call_join(b->arena, by, " transferred the call to ",
					 to != NULL ? to : "an unknown extension", NULL));
		} else {
			call_note(
			    b, call_join(b->arena, by, " transferred the call after asking", NULL));
		}
		for (guint j = 0; j < call->n_legs; j++) {
			struct leg *leg = &call->legs[j];
			/* Of several in a row, the last before it joined. */
			if (leg->connected && !call_same_text(leg->ext, by) &&
			    joined_after(b, j, s->id))
				leg->transferred_from = by;
		}
	}
}

void
call_find_transfers(struct call_builder *b)
{
	if (group_has(b->group, CEL_BLINDTRANSFER) || group_has(b->group, CEL_ATTENDEDTRANSFER))
		find_transfers(b);
}

/* Hold, queue, voicemail, who hung up. */

static G_GNUC_NO_INLINE void
measure_hold(struct call_builder *b)
{
	gint64 began = TIME_NONE;
	for (guint i = 0; i < b->t->n_notable; i++) {
		const struct step *s = b->t->notable[i];
		int lane = s->event == CEL_STREAM_BEGIN || s->event == CEL_STREAM_END
		               ? timeline_lane(b->t, s->channel)
		               : -1;
		if (lane < 0)
			continue;
		if (b->call->hold < 0)
			b->call->hold = 0;
		if (!lane_set_has(b->client, (guint)lane))
			continue;
		if (s->event == CEL_STREAM_BEGIN) {
			began = s->moh ? call_time_of(b, s) : TIME_NONE;
			continue;
		}
		/* Music counts as hold while the client is connected; a queue's music before that is waiting. */
		for (guint k = 0; k < b->n_talks && began != TIME_NONE; k++) {
			const struct talk *talk = &b->talks[k];
			gint64 from = MAX(talk->segment->from, began),
			       to = MIN(talk->segment->to, call_time_of(b, s));
			if (to > from && lane_set_has(talk->set, (guint)lane))
				b->call->hold += to - from;
		}
		began = TIME_NONE;
	}
}

static const char *
who_hung_up(const struct call_builder *b)
{
	const char *source = b->last_client >= 0 ? b->t->lanes[b->last_client].hung_up_by : "";
	/* Of several channels of one name the last. */
	for (guint i = b->t->n_lanes; source[0] != '\0' && i-- > 0;) {
		if (call_same_text(b->t->lanes[i].channel->name, source))
			return lane_set_has(b->client, i) ? "client" : b->parties[i].ext;
	}
	return NULL;
}

/* Of the client's channels. */
static G_GNUC_NO_INLINE void
find_applications(struct call_builder *b)
{
	struct call *call = b->call;
	for (guint i = 0; i < b->t->n_notable; i++) {
		const struct step *s = b->t->notable[i];
		int lane = s->event == CEL_APP_START ? timeline_lane(b->t, s->channel) : -1;
		if (lane < 0 || !lane_set_has(b->client, (guint)lane))
			continue;
		if (s->app.id == APP_VOICEMAIL)
			call->voicemail = TRUE;
		else if (s->app.id == APP_QUEUE && call->queue == NULL)
			call->queue =
			    arena_string_n(b->arena, s->app.data, strcspn(s->app.data, ","));
	}
}

void
call_find_facts(struct call_builder *b)
{
	const struct group *g = b->group;
	find_client_number(b);
	find_did(b);
	if (group_has(g, CEL_STREAM_BEGIN) || group_has(g, CEL_STREAM_END))
		measure_hold(b);
	if (group_has_application(g, APP_VOICEMAIL) || group_has_application(g, APP_QUEUE))
		find_applications(b);
	b->call->hung_up = who_hung_up(b);
}

/* Is it the record of a channel of the client's, or of a dialling of one? */
static gboolean
is_of_client(const struct call_builder *b, const struct record *r)
{
	const int lane = timeline_lane(b->t, r->channel);
	if (lane >= 0 && lane_set_has(b->client, (guint)lane))
		return TRUE;
	for (int i = b->first_client; i >= 0 && i <= b->last_client; i++) {
		if (lane_set_has(b->client, (guint)i) &&
		    strcmp(b->t->lanes[i].channel->name, r->dstchannel) == 0)
			return TRUE;
	}
	return FALSE;
}

/* CDR as the second witness: it is never believed against CEL, but where it says otherwise that is worth a note. */
void
call_compare_with_cdr(struct call_builder *b)
{
	const struct call *call = b->call;
	const gboolean answered = call->result == RESULT_ANSWERED;
	gint64 billsec = 0;
	gboolean asked = FALSE;
	if (answered && call->talk <= 2 * G_USEC_PER_SEC)
		return;
	const struct record *r = b->group->records;
	for (guint left = b->group->n_records; left > 0; left--, r++) {
		if (r->dstchannel[0] == '\0' || !is_of_client(b, r))
			continue;
		asked = TRUE;
		if (r->billsec > billsec && call_same_text(r->disposition, "ANSWERED"))
			billsec = r->billsec;
		/* They agree. */
		if (answered && billsec > 0)
			return;
	}
	if (!answered && billsec > 1)
		call_note(b, arena_printf(b->arena,
				 "CDR says answered for %" G_GINT64_FORMAT
				 " s, but by CEL nobody was connected with the client",
				 billsec));
	else if (answered && asked)
		call_note(
		    b, arena_printf(b->arena,
			   "CDR has no answered record, but by CEL the client was connected for "
			   "%" G_GINT64_FORMAT " s",
			   call->talk / (gint64)G_USEC_PER_SEC));
}

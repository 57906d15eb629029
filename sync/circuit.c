#include "sync/circuit.h"

#define SILENT_MOST 3
#define LATER_MOST 10
#define PROBE_PAUSE (500 * 1000) /* between two pings that nobody answers */

void
circuit_learn(struct circuit *circuit, const struct answer *answer, gboolean ping, gint64 now)
{
	if (!answer->answered) {
		circuit->doubt = TRUE;
		if (++circuit->silent >= SILENT_MOST)
			circuit->unreachable = circuit->open = TRUE;
		if (ping)
			circuit->probe_at = now + PROBE_PAUSE;
		return;
	}
	circuit->heard = TRUE;
	circuit->silent = 0;
	if (ping)
		circuit->doubt = FALSE;
	switch (verdict_of(answer)) {
	case VERDICT_REFUSED: circuit->refused = circuit->open = TRUE; break;
	case VERDICT_LATER:
		/* What a ping gets may be the address not knowing pings. */
		if (!ping && ++circuit->later >= LATER_MOST)
			circuit->open = TRUE;
		break;
	case VERDICT_SENT:
	case VERDICT_REJECTED:
	case VERDICT_UNKNOWN:
		if (!ping)
			circuit->later = 0;
		break;
	}
}

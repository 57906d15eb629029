"""What PlanFix was to be told of a call, against what the stand-in got (tests/planfix/journal.h), and how late."""

import json
import statistics
from datetime import datetime

# Seconds, as check.sh configures them: interval and settle are the defaults, popup_max_age is short.
INTERVAL, SETTLE, POPUP_MAX_AGE = 2, 5, 30
RATE = 5  # requests a second, the default

# Seconds after the moment at a phone.
LIMITS = {"window": 0.3, "accepted": INTERVAL + 1, "cancelled": INTERVAL + 1, "completed": INTERVAL + SETTLE + 2}
KINDS = {"INCOMING": "window", "OUTGOING": "window", "ACCEPTED": "accepted", "COMPLETED": "completed"}


class Tap:
    """Lines of TAP; the one who reads them counts."""
    failed = 0

    @classmethod
    def ok(cls, name, holds, *why):
        print(("ok - " if holds else "not ok - ") + name, flush=True)
        if not holds:
            cls.failed += 1
            for line in why:
                print("#   " + str(line), flush=True)


class Want:
    """One event: about whom, what, and the moment at the phones from which its time counts."""

    def __init__(self, ext, event, at, status=None, kind=None):
        self.ext, self.event, self.at, self.status = ext, event, at, status
        self.kind = kind or ("cancelled" if status == "Cancelled" else KINDS[event])

    def key(self):
        return (self.ext, self.event, self.status or "")


class Scene:
    """One call as it was at the phones: its client's number, what is to be told, and what else must hold (name, truth)."""

    def __init__(self, name, client, wants, holds=(), did=None):
        self.name, self.client, self.wants, self.holds, self.did = name, client, wants, holds, did


class Judge:
    def __init__(self, journal):
        self.journal, self.delays, self.judged = journal, {kind: [] for kind in LIMITS}, 0

    def events(self):
        with open(self.journal, encoding="utf-8") as lines:
            for line in lines:
                entry = json.loads(line)
                if entry["cmd"] == "event" and entry["accepted"]:
                    at = datetime.fromisoformat(entry["time"].replace("Z", "+00:00")).timestamp()
                    yield at, entry["fields"]

    def of_client(self, client):
        return [(at, f) for at, f in self.events() if f["phone"] == client]

    def judge(self, scene, timed=True):
        """timed=False: late is not wrong, and counts for no latency."""
        got = self.of_client(scene.client)
        self.judged += len(got)
        told = [(f["ext"], f["event"], f.get("status", "")) for _, f in got]
        wanted = [want.key() for want in scene.wants]
        Tap.ok(scene.name + ": the events", sorted(told) == sorted(wanted), "got    %s" % told, "wanted %s" % wanted)
        # Of one employee they come in this order.
        for ext in sorted({want.ext for want in scene.wants}):
            mine = [key for key in told if key[0] == ext]
            order = [want.key() for want in scene.wants if want.ext == ext]
            Tap.ok("%s: the order for %s" % (scene.name, ext), mine == order, "got    %s" % mine, "wanted %s" % order)
        if got:
            Tap.ok(scene.name + ": one callid", len({f["callid"] for _, f in got}) == 1, [f["callid"] for _, f in got])
        if scene.did:
            Tap.ok(scene.name + ": the number that was called", {f.get("diversion") for _, f in got} <= {scene.did},
                   [f.get("diversion") for _, f in got])
        for name, truth in scene.holds:
            Tap.ok("%s: %s" % (scene.name, name), truth)
        if timed:
            self.time(scene, list(got))

    def time(self, scene, got):
        for want in scene.wants:
            match = next((g for g in got if (g[1]["ext"], g[1]["event"], g[1].get("status", "")) == want.key()), None)
            if match is None or want.at is None:
                continue
            got.remove(match)
            late = match[0] - want.at
            self.delays[want.kind].append(late)
            Tap.ok("%s: %s %s %s in time" % (scene.name, want.ext, want.event, want.status or ""), late <= LIMITS[want.kind],
                   "%.0f ms, at most %.0f ms" % (late * 1000, LIMITS[want.kind] * 1000))

    def summary(self, version):
        for kind, delays in self.delays.items():
            if delays:
                print("# asterisk %s: %-9s median %5.0f ms, max %5.0f ms, of %d (at most %.0f ms)"
                      % (version, kind, statistics.median(delays) * 1000, max(delays) * 1000, len(delays), LIMITS[kind] * 1000), flush=True)

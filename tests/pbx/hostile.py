"""Callers whose names are meant to be run, to be taken for lines of their own, or to burst something."""
import os

from judge import Scene
from scenes import RING, missed, settle

MARK = "/tmp/celsync-pwned"
RUN = "touch %s" % MARK
NAMES = [
    '\\"; %s; \\"' % RUN, "$(%s)" % RUN, "`%s`" % RUN, "|%s|" % RUN, "; %s" % RUN, "& %s &" % RUN, "',%s,'" % RUN,
    "${SHELL(%s)}" % RUN, "$[1+${EVAL(${SHELL(%s)})}]" % RUN, "x,y,z),System(%s)" % RUN, "a^b^System(%s)" % RUN, "%s%n%x%0a%0d",
    "-101-102-", "in,102,1.1,1.1,7495", "../../../../etc/passwd", "<sip:102@127.0.0.1>", "\udcff\udcfe\udc80",
    "\u202e\x01\x1b[2J\x07", "Я" * 500, "x" * 2000, "\\\\\\\\", "unknown", " ", "101", "0", "' OR '1'='1",
    "\\\\'; DROP TABLE cel; -- ",
]
# Of an address book: with line feeds, which a SIP message cannot carry.
LOOKED_UP = ["x%0Aagi_callerid: 79990000000%0A%0A", "%0A%0Aext 102%0Acallerid 79990000000", "x%0D%0A%1B[2J%00y", "%0A" * 200]
# No numbers, so nobody can be called back: no window, and the reason stands in the report.
NUMBERS = ["7916%0Aagi_callerid:%2079990000000", "$(touch)", "7916%60touch%60", "%22%3B%20touch", "7916,102,1.1", "x" * 500]


def strange_number(x, number, label):
    x.plan(e101=RING)
    call = x.provider.call("74951110101", number)
    leg = x.leg("101")
    call.hang_up()
    settle()
    return Scene(label, number, [], [("the phone rang", bool(leg and leg.rang))])


def scenes(x, asterisk):
    told = [missed(x, name, "hostile name %d" % n, 0.8) for n, name in enumerate(NAMES, 1)]
    for n, name in enumerate(LOOKED_UP, 1):
        scene = missed(x, name, "looked-up name %d" % n, 0.8, "301")
        # Asterisk sends such a name on as it is, and cannot read the phone's answer, which repeats it: that is between those two.
        told.append(Scene(scene.name, scene.client, scene.wants, scene.holds[:1], scene.did))
    told += [strange_number(x, number, "strange number %d" % n) for n, number in enumerate(NUMBERS, 1)]
    told[-1].holds.append(("nothing was run", not os.path.exists(asterisk.path(MARK)) and not os.path.exists(MARK)))
    return told

"""Callers whose names are meant to be run, to be taken for lines of their own, or to burst something."""
import os

from scenes import missed

MARK = "/tmp/celsync-pwned"
RUN = "touch %s" % MARK
NAMES = [
    '\\"; %s; \\"' % RUN, "$(%s)" % RUN, "`%s`" % RUN, "|%s|" % RUN, "; %s" % RUN, "& %s &" % RUN, "',%s,'" % RUN,
    "${SHELL(%s)}" % RUN, "$[1+${EVAL(${SHELL(%s)})}]" % RUN, "x,y,z),System(%s)" % RUN, "a^b^System(%s)" % RUN, "%s%n%x%0a%0d",
    "-101-102-", "in,102,1.1,1.1,7495", "x\r\n agi_callerid: 79990000000\r\n ext 102", "x\\\nagi_callerid: 79990000000",
    "../../../../etc/passwd", "<sip:102@127.0.0.1>", "\udcff\udcfe\udc80", "\u202e\u0000x".replace("\u0000", "\x01\x1b[2J"), "Я" * 500, "x" * 2000,
    "\\\\\\\\", "unknown", " ", "101", "0", "' OR '1'='1", "\\\\'; DROP TABLE cel; -- ",
]


def scenes(x, asterisk):
    told = [missed(x, name, "hostile name %d" % n, 0.8) for n, name in enumerate(NAMES, 1)]
    told[-1].holds = list(told[-1].holds) + [
        ("nothing was run", not os.path.exists(asterisk.path(MARK)) and not os.path.exists(MARK))]
    return told

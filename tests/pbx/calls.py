#!/usr/bin/env python3
"""calls.py 22|16 PORT ROOT JOURNAL: places the calls of scenes.py in a running Asterisk and judges what PlanFix got. TAP without
numbers; status 3 when something failed. check.sh starts what has to run."""

import os
import statistics
import subprocess
import sys
import time

import faults
import hostile
import merged
import scenes
from judge import INTERVAL, POPUP_MAX_AGE, SETTLE, Judge, Scene, Tap, Want


class Asterisk:
    def __init__(self, root):
        self.root = root

    def path(self, name):
        return self.root + name

    def cli(self, command):
        return subprocess.run(["chroot", self.root, "/usr/sbin/asterisk", "-rx", command], capture_output=True, text=True,
                              check=False).stdout

    def run(self, *command, said=""):
        """In the folder, with a /proc for it alone."""
        return subprocess.run(["unshare", "--mount", "sh", "-c",
                               'mount -t proc proc "$1/proc" && root=$1 && shift && exec chroot "$root" "$@"', "sh", self.root, *command],
                              input=said, capture_output=True, text=True, check=False, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})

    def running(self, word):
        """Programs of the folder that have that word in their command line."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % pid, "rb") as file:
                    if os.readlink("/proc/%s/root" % pid) == self.root and word.encode() in file.read():
                        found.append(pid)
            except OSError:
                pass
        return found

    def owner(self):
        """The user and group Asterisk runs as."""
        of = os.stat(self.path("/var/lib/celsync"))
        return of.st_uid, of.st_gid

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def custom(self, text):
        """extensions_custom.conf, and Asterisk reads it."""
        self.write("/etc/asterisk/extensions_custom.conf", text)
        self.cli("dialplan reload")


# What the hook is measured against: an AGI program that does nothing (deploy.sh).
EMPTY = """[macro-dialout-one-predial-hook]
exten => s,1,AGI(/opt/celsync/empty,in,${DEXTEN})
 same => n,ExecIf($[0${MACRO_DEPTH} < 1]?Return())
"""
OURS = "#include extensions_celsync.conf\n"


def cost(x, asterisk, rounds=5, calls=4):
    """What the hook costs a call: without one, with an empty program, with ours, in turn, for the machine is not always as busy."""
    kinds = {"without a hook": "", "an empty program": EMPTY, "celsync-hook": OURS}
    delays = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind, text in kinds.items():
            asterisk.custom(text)
            delays[kind] += [scenes.set_up(x) for _ in range(calls)]
    for kind, times in delays.items():
        print("# asterisk %s: from the provider's INVITE to the phone's, %-16s median %5.1f ms, max %5.1f ms, of %d"
              % (x.version, kind + ":", statistics.median(times) * 1000, max(times) * 1000, len(times)), flush=True)
    Tap.ok("every phone rang", max(max(times) for times in delays.values()) < 10)
    return delays["without a hook"]


LOST = "79990000001"


def lost(asterisk):
    """A call that the tables know nothing of: its window is closed after popup_max_age."""
    asterisk.run("runuser", "-u", "asterisk", "--", "celsync-hook", "in", "101", "1795000000.1", "1795000000.1", "74951110101",
                 said="agi_callerid: %s\nagi_calleridname: unknown\n\n" % LOST)
    return Scene("a call that the tables do not have", LOST, [
        Want("101", "INCOMING", None), Want("101", "COMPLETED", None, "Missed")], (), "74951110101")


def wait_for(holds, seconds):
    until = time.time() + seconds
    while not holds() and time.time() < until:
        time.sleep(0.5)


def main():
    version, port, root, journal = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    only = sys.argv[5:]
    x, asterisk, judge = scenes.Exchange(version, port), Asterisk(root), Judge(journal)
    bare = cost(x, asterisk)
    asterisk.custom(OURS)

    told = []
    if not only or "scenes" in only:
        for scene in scenes.ALL:
            came = scene(x)
            told += came if isinstance(came, list) else [came]
        told.append(lost(asterisk))
    if not only or "hostile" in only:
        told += hostile.scenes(x, asterisk)
    if not only or "merged" in only:
        told += merged.scenes(x, asterisk)
        asterisk.custom(OURS)
    # Until the last of them is told; and the window without a call is closed, if it is not yet.
    time.sleep(INTERVAL + SETTLE + 3)
    wait_for(lambda: len(judge.of_client(LOST)) != 1, POPUP_MAX_AGE)
    for scene in told:
        judge.judge(scene)
    if not only or "faults" in only:
        told = faults.scenes(x, asterisk, bare)
        time.sleep(INTERVAL + SETTLE + 3)
        for scene in told:
            judge.judge(scene, timed=False)
    Tap.ok("nothing else was told", judge.judged == len(list(judge.events())),
           "%d events belong to a call, of %d" % (judge.judged, len(list(judge.events()))))
    judge.summary(version)
    return 3 if Tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())

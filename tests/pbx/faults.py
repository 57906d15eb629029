"""A call goes its way whatever is wrong with celsync or PlanFix, and is told in the end."""

import contextlib
import os
import socket
import statistics
import time

import scenes as calls
from judge import Scene, Want

HOOK, PROGRAM, CONFIG = "/usr/bin/celsync-hook", "/usr/bin/celsync", "/etc/celsync/celsync.conf"
HELD = 0.1  # seconds that a hook may cost a call on a busy machine; one that is not ours to judge costs nothing

# What is wrong, with which file, what stands in its place (None: nothing; "": itself), and its mode.
FAULTS = [
    ("the hook is missing", HOOK, None, 0),
    ("the hook is not executable", HOOK, "", 0o644),
    ("the hook is no program", HOOK, "\x7fELF and nothing behind it", 0o755),
    ("the hook crashes", HOOK, "#!/bin/sh\nkill -SEGV $$\n", 0o755),
    ("celsync is missing", PROGRAM, None, 0),
    ("celsync is not executable", PROGRAM, "", 0o644),
    ("celsync is no program", PROGRAM, "\x7fELF and nothing behind it", 0o755),
    ("celsync crashes", PROGRAM, "#!/bin/sh\nkill -SEGV $$\n", 0o755),
    ("celsync does not end", PROGRAM, "#!/bin/sh\nexec sleep 60\n", 0o755),
    ("there is no configuration", CONFIG, None, 0),
    ("the configuration is broken", CONFIG, "[planfix\n", 0o644),
]


@contextlib.contextmanager
def broken(asterisk, name, text, mode):
    path = asterisk.path(name)
    os.rename(path, path + ".whole")
    try:
        if text is not None:
            with open(path + ".whole", "rb") as file:
                whole = file.read()
            with open(path, "wb") as file:
                file.write(whole if text == "" else text.encode())
            os.chmod(path, mode)
        yield
    finally:
        os.replace(path + ".whole", path)


@contextlib.contextmanager
def swallowing(asterisk):
    """A PlanFix whose packets get lost: the queue of this socket is full, and the kernel answers nothing more."""
    with socket.socket() as deaf, contextlib.ExitStack() as stack:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        with open(asterisk.path(CONFIG), encoding="utf-8") as file:
            lines = ["url = http://127.0.0.1:%d/" % deaf.getsockname()[1] if line.startswith("url =") else line
                     for line in file.read().split("\n")]
        with broken(asterisk, CONFIG, "\n".join(lines), 0o600):
            os.chown(asterisk.path(CONFIG), *asterisk.owner())
            yield


def place(x, label, usual):
    x.plan(e101={"ring": 0, "answer": 0.5})
    client, call = x.dial_in("101")
    leg = x.leg("101")
    up = call.wait("answered", 5)
    time.sleep(1)
    steady = call.ended is None and leg is not None and leg.ended is None
    call.hang_up()
    calls.settle()
    held = leg.offered - call.offered - usual if leg else 99
    # Once may be the machine.
    for _ in range(3):
        held = held if held <= HELD else min(held, calls.set_up(x) - usual)
    return Scene(label, client, [Want("101", "ACCEPTED", None), Want("101", "COMPLETED", None, "Success")], [
        ("the phone rings within %.0f ms of what is usual (%.0f)" % (HELD * 1000, held * 1000), held <= HELD),
        ("they talk", up and steady), ("both ends have ended", bool(leg and leg.ended))])


def scenes(x, asterisk, bare):
    usual = statistics.median(bare)
    told = []
    for label, name, text, mode in FAULTS:
        with broken(asterisk, name, text, mode):
            told.append(place(x, label, usual))
    with swallowing(asterisk):
        told.append(place(x, "PlanFix swallows packets", usual))
        # announce gives up by itself.
        time.sleep(3.5)
    told[-1].holds.append(("announce has ended", not asterisk.running("announce")))
    return told

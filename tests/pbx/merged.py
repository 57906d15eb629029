"""celsync init --dialplan in a folder where an administrator has hooks already: shown, merged, used, taken out again."""

import scenes as calls
from judge import Tap

CUSTOM = "/etc/asterisk/extensions_custom.conf"
HOOKS = ("dialout-one", "dial-ringall", "dial-hunt", "dialout-trunk")
MINE = """; the administrator's own
[macro-dialout-one-predial-hook]
exten => s,1,NoOp(mine)
exten => s,n,Set(MINE=${DEXTEN})
exten => s,n,LEAVE

[macro-dialout-trunk-predial-hook]
exten => s,1,ExecIf($["${OUTNUM:0:3}" = "700"]?Set(PREDIAL_HOOK_RET=BYPASS))
 same => n,LEAVE
"""


def scenes(x, asterisk):
    mine = MINE.replace("LEAVE", "Return()" if x.version == "22" else "MacroExit()")
    asterisk.custom(mine)
    shown = asterisk.run("celsync", "init", "--dialplan")
    Tap.ok("init --dialplan shows", shown.returncode == 0 and shown.stdout.count("AGI(/usr/bin/celsync-hook,") == 4, shown.stderr)
    Tap.ok("and changes nothing", asterisk.read(CUSTOM) == mine)
    written = asterisk.run("celsync", "init", "--dialplan", "--write")
    Tap.ok("init --dialplan --write", written.returncode == 0 and "dialplan reload" in written.stderr, written.stderr)
    asterisk.cli("dialplan reload")
    for hook in HOOKS:
        context = asterisk.cli("dialplan show macro-%s-predial-hook" % hook)
        Tap.ok("one step in " + hook, context.count("AGI(/usr/bin/celsync-hook,") == 1, context)
    told = [calls.one(x), calls.ring_all(x), calls.hunt(x), calls.out_answered(x)]
    for scene in told:
        scene.name = "merged, " + scene.name
    undone = asterisk.run("celsync", "init", "--dialplan", "--undo")
    Tap.ok("init --dialplan --undo", undone.returncode == 0 and asterisk.read(CUSTOM) == mine, undone.stderr, asterisk.read(CUSTOM))
    asterisk.cli("dialplan reload")
    return told

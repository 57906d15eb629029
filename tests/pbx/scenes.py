"""Calls, as phones and provider make them; each returns what PlanFix is to be told (judge.Scene). The numbers called are those of
conf/extensions.conf.in."""

import time

from judge import POPUP_MAX_AGE, RATE, Scene, Want
from sip import Phone


class Exchange:
    """The phones 101 to 103 and the provider of one Asterisk."""

    def __init__(self, version, port):
        self.version, self.n = version, 0
        self.phones = {ext: Phone(ext, port + int(ext), port) for ext in ("101", "102", "103")}
        self.provider = Phone("provider", port + 900, port, "X-Trunk: provider\r\n")

    def plan(self, provider=None, **plans):
        """plans: e101={...}; a phone without one neither rings nor answers."""
        for ext, phone in self.phones.items():
            phone.forget(**plans.get("e" + ext, {}))
        self.provider.forget(**(provider or {}))

    def client(self):
        """The number of a client who has not called yet."""
        self.n += 1
        return "7916%s%05d" % (self.version, self.n)

    def dial_in(self, ext, name=""):
        client = self.client()
        return client, self.provider.call("74951110" + ext, client, name)

    def leg(self, ext, n=0):
        return self.phones[ext].incoming(n)


RING = {"ring": 0}
PATIENCE = POPUP_MAX_AGE + 3


def settle():
    """BYE and its answer cross Asterisk."""
    time.sleep(0.3)


def set_up(x):
    """Seconds from the provider's INVITE to the phone's; 99: it did not ring."""
    x.plan(e101=RING)
    call = x.provider.call("74951110101", "anonymous")
    leg = x.leg("101")
    call.hang_up()
    settle()
    return leg.offered - call.offered if leg else 99


def one(x, ring=1, talk=2, by_client=True):
    x.plan(e101={"ring": 0, "answer": ring})
    client, call = x.dial_in("101")
    leg = x.leg("101")
    up = call.wait("answered")
    time.sleep(talk)
    (call if by_client else leg).hang_up()
    settle()
    return Scene("one extension", client, [
        Want("101", "INCOMING", leg.rang), Want("101", "ACCEPTED", leg.answered), Want("101", "COMPLETED", call.ended, "Success")],
        [("they talk", up), ("both ends have ended", bool(call.ended and leg.ended))], "74951110101")


def missed(x, name="", label="the caller gives up", after=2, did="101"):
    x.plan(e101=RING)
    client, call = x.dial_in(did, name)
    leg = x.leg("101")
    time.sleep(after)
    call.hang_up()
    settle()
    return Scene(label, client, [
        Want("101", "INCOMING", leg and leg.rang), Want("101", "COMPLETED", call.ended, "Missed")],
        [("the phone rang", bool(leg and leg.rang)), ("and stopped", bool(leg and leg.ended))], "74951110101")


def patient(x):
    """It rings longer than popup_max_age: a window whose call goes on stays open."""
    x.plan(e101={"ring": 0, "answer": PATIENCE})
    client, call = x.dial_in("101")
    leg = x.leg("101")
    up = call.wait("answered", PATIENCE + 10)
    time.sleep(3)
    call.hang_up()
    settle()
    return Scene("rings longer than popup_max_age", client, [
        Want("101", "INCOMING", leg.rang), Want("101", "ACCEPTED", leg.answered), Want("101", "COMPLETED", call.ended, "Success")],
        [("they talk", up)], "74951110101")


def at_once(x, times=10):
    """So many callers in one moment. When they are gone, PlanFix gets no more than RATE requests a second."""
    x.plan(e102=RING)
    clients = [x.dial_in("102") for _ in range(times)]
    time.sleep(3)
    legs = {client: next((leg for leg in x.phones["102"].calls if client in leg.invite.get("from")), None) for client, _ in clients}
    for _, call in clients:
        call.hang_up()
    settle()
    return [Scene("one of %d at once" % times, client, [
        Want("102", "INCOMING", legs[client] and legs[client].rang), Want("102", "COMPLETED", call.ended + times / RATE, "Missed")],
        [("the phone rang", bool(legs[client]))], "74951110102") for client, call in clients]


def ring_all(x):
    x.plan(provider=RING, e101=RING, e102={"ring": 0, "answer": 2}, e103=RING)
    client, call = x.dial_in("600")
    legs = {ext: x.leg(ext) for ext in ("101", "102", "103")}
    mobile = x.provider.incoming()
    up = call.wait("answered")
    time.sleep(4)
    call.hang_up()
    settle()
    gone = legs["102"].answered
    return Scene("ring-all with a mobile phone in it", client, [
        Want("101", "INCOMING", legs["101"].rang), Want("101", "COMPLETED", gone, "Cancelled"),
        Want("102", "INCOMING", legs["102"].rang), Want("102", "ACCEPTED", gone), Want("102", "COMPLETED", call.ended, "Success"),
        Want("103", "INCOMING", legs["103"].rang), Want("103", "COMPLETED", gone, "Cancelled")],
        [("they talk", up), ("the mobile phone rang too", bool(mobile and mobile.rang))], "74951110600")


def ring_all_nobody(x):
    x.plan(provider=RING, e101=RING, e102=RING, e103=RING)
    client, call = x.dial_in("600")
    legs = {ext: x.leg(ext) for ext in ("101", "102", "103")}
    time.sleep(3)
    call.hang_up()
    settle()
    status = {"101": "Missed", "102": "Cancelled", "103": "Cancelled"}
    return Scene("ring-all, nobody", client, [
        want for ext, leg in legs.items()
        for want in (Want(ext, "INCOMING", leg.rang), Want(ext, "COMPLETED", call.ended, status[ext], "completed"))], (), "74951110600")


def hunt(x):
    x.plan(e101=RING, e102={"ring": 0, "answer": 1.5})
    client, call = x.dial_in("601")
    first, second = x.leg("101"), x.leg("102")
    up = call.wait("answered")
    time.sleep(3)
    x.leg("102").hang_up()
    settle()
    return Scene("in turn", client, [
        Want("101", "INCOMING", first.rang), Want("101", "COMPLETED", second.rang, "Cancelled"),
        Want("102", "INCOMING", second.rang), Want("102", "ACCEPTED", second.answered),
        Want("102", "COMPLETED", second.ended, "Success")], [("they talk", up)], "74951110601")


def memory_hunt(x):
    """The first phone rings again with the second: its window is announced again."""
    x.plan(e101=RING, e102={"ring": 0, "answer": 1.5})
    client, call = x.dial_in("602")
    first, second, again = x.leg("101"), x.leg("102"), x.leg("101", 1)
    up = call.wait("answered")
    time.sleep(4)
    call.hang_up()
    settle()
    return Scene("in turn, with those before", client, [
        Want("101", "INCOMING", first.rang), Want("101", "INCOMING", again.rang),
        Want("101", "COMPLETED", second.answered, "Cancelled"),
        Want("102", "INCOMING", second.rang), Want("102", "ACCEPTED", second.answered),
        Want("102", "COMPLETED", call.ended, "Success")], [("they talk", up)], "74951110602")


def queue(x):
    x.plan(e101=RING, e102={"ring": 0, "answer": 2})
    client, call = x.dial_in("700")
    first, second = x.leg("101"), x.leg("102")
    up = second.wait("answered")
    time.sleep(4)
    call.hang_up()
    settle()
    return Scene("queue", client, [
        Want("101", "INCOMING", first.rang), Want("101", "COMPLETED", second.answered, "Cancelled"),
        Want("102", "INCOMING", second.rang), Want("102", "ACCEPTED", second.answered),
        Want("102", "COMPLETED", call.ended, "Success")], [("they talk", up)], "74951110700")


def transfer(x):
    x.plan(e101={"ring": 0, "answer": 0.5}, e102={"ring": 0, "answer": 2})
    client, call = x.dial_in("101")
    up = call.wait("answered")
    first = x.leg("101")
    time.sleep(3)
    first.transfer("102")
    second = x.leg("102")
    there = second.wait("answered")
    time.sleep(3)
    call.hang_up()
    settle()
    return Scene("transferred", client, [
        Want("101", "INCOMING", first.rang), Want("101", "ACCEPTED", first.answered),
        Want("101", "COMPLETED", call.ended, "Success"),
        Want("102", "INCOMING", second.rang), Want("102", "ACCEPTED", second.answered),
        Want("102", "COMPLETED", call.ended, "Success")], [("they talk", up and there)])


def forward(x):
    """104 has its calls forwarded to a mobile phone: no window, for nobody sits at a screen. Whom such a call was for is known
    when CDR is written."""
    x.plan(provider={"ring": 0, "answer": 1})
    client, call = x.dial_in("104")
    up = call.wait("answered")
    mobile = x.provider.incoming()
    time.sleep(3)
    call.hang_up()
    settle()
    return Scene("forwarded to a mobile phone", client, [
        Want("104", "ACCEPTED", call.ended, kind="completed"), Want("104", "COMPLETED", call.ended, "Success")], [("they talk", up)])


def internal(x):
    x.plan(e102={"ring": 0, "answer": 0.5})
    call = x.phones["101"].call("102")
    up = call.wait("answered")
    time.sleep(1)
    call.hang_up()
    settle()
    return Scene("between employees", "102", [], [("they talk", up)])


def out(x, label, provider, wants, hang_up=None):
    client = "8" + x.client()[1:]
    x.plan(provider=provider)
    call = x.phones["101"].call(client)
    leg = x.provider.incoming()
    if provider.get("answer"):
        call.wait("answered")
        time.sleep(3)
        leg.hang_up()
    elif hang_up:
        time.sleep(hang_up)
        call.hang_up()
    else:
        call.wait("ended", 10)
    call.hang_up()
    settle()
    holds = [("the provider was called", bool(leg)), ("both ends have ended", bool(call.ended and leg.ended))]
    return Scene(label, client, [Want("101", "OUTGOING", leg.offered)] + wants(call, leg), holds, "74951112233")


def out_answered(x):
    return out(x, "outgoing", {"ring": 0, "answer": 1}, lambda call, leg: [
        Want("101", "ACCEPTED", leg.answered), Want("101", "COMPLETED", leg.ended, "Success")])


def out_busy(x):
    return out(x, "outgoing, busy", {"reject": 486}, lambda call, leg: [Want("101", "COMPLETED", leg.ended, "Busy")])


def out_given_up(x):
    return out(x, "outgoing, given up", RING, lambda call, leg: [Want("101", "COMPLETED", call.ended, "NoAnswer")], 2)


ALL = (one, lambda x: one(x, 0.2, 1, False), missed, ring_all, ring_all_nobody, hunt, memory_hunt, queue, transfer, forward,
       internal, out_answered, out_busy, out_given_up, one, one, at_once, patient)

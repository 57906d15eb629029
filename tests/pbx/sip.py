"""SIP telephones on loopback, enough for whole calls with Asterisk: INVITE, ringing, answer, CANCEL, BYE, REFER (RFC 3261, 3515).

No audio: nothing here depends on it. Times are time.time() of the moment a message came or went."""

import random
import re
import socket
import threading
import time

REASONS = {100: "Trying", 180: "Ringing", 200: "OK", 302: "Moved", 404: "Not Found", 481: "No Such Dialog",
           486: "Busy Here", 487: "Request Terminated", 603: "Decline"}


def token():
    return "%016x" % random.getrandbits(64)


class Message:
    """One message: first line, headers in order with names in lower case, body."""

    def __init__(self, data):
        head, _, self.body = data.decode("utf-8", "surrogateescape").partition("\r\n\r\n")
        lines = head.split("\r\n")
        self.first = lines[0]
        self.headers = [(name.strip().lower(), value.strip())
                        for name, _, value in (line.partition(":") for line in lines[1:])]
        self.code = int(self.first.split()[1]) if self.first.startswith("SIP/2.0") else 0
        self.method = self.get("cseq").split()[-1] if self.code else self.first.split()[0]

    def get(self, name):
        return next((value for key, value in self.headers if key == name), "")

    def tag(self, name):
        found = re.search(r";tag=([^;>\s]+)", self.get(name))
        return found.group(1) if found else ""

    def contact(self):
        found = re.search(r"<([^>]+)>", self.get("contact"))
        return found.group(1) if found else None


class Call:
    """One dialog of a phone. offered, rang, answered, ended: when, or None; ended_here: who ended it."""

    def __init__(self, phone, calling):
        self.phone, self.calling = phone, calling
        self.id, self.here, self.there = token(), token(), ""
        self.offered = self.rang = self.answered = self.ended = None
        self.ended_here, self.code = False, None
        self.cseq, self.target, self.invite = 1, None, None
        self.changed = threading.Condition()

    def mark(self, **what):
        with self.changed:
            for name, value in what.items():
                setattr(self, name, value)
            self.changed.notify_all()

    def wait(self, name, seconds=30):
        """Until that has happened; False: it did not."""
        with self.changed:
            return self.changed.wait_for(lambda: getattr(self, name) is not None, seconds)

    def end(self, here, code):
        if self.ended is None:
            self.mark(ended=time.time(), ended_here=here, code=code)

    def request(self, method, extra="", body="", cseq=None, branch=None):
        if cseq is None:
            self.cseq += 1
        lines = ["%s %s SIP/2.0" % (method, self.target),
                 "Via: SIP/2.0/UDP 127.0.0.1:%d;rport;branch=%s" % (self.phone.port, branch or "z9hG4bK" + token()),
                 "Max-Forwards: 70", "From: %s;tag=%s" % (self.local, self.here),
                 "To: %s%s" % (self.remote, ";tag=" + self.there if self.there else ""), "Call-ID: " + self.id,
                 "CSeq: %d %s" % (cseq or self.cseq, method), "Contact: <sip:%s@127.0.0.1:%d>" % (self.phone.user, self.phone.port)]
        self.phone.send("\r\n".join(lines) + "\r\n" + extra, body)

    def respond(self, code, body="", request=None):
        request = request or self.invite
        lines = ["SIP/2.0 %d %s" % (code, REASONS[code])]
        for name, value in request.headers:
            if name in ("via", "from", "call-id", "cseq", "record-route"):
                lines.append(name + ": " + value)
            if name == "to":
                lines.append("to: " + value + ("" if ";tag=" in value or code == 100 else ";tag=" + self.here))
        lines.append("Contact: <sip:%s@127.0.0.1:%d>" % (self.phone.user, self.phone.port))
        self.phone.send("\r\n".join(lines) + "\r\n", body)

    # What the one who holds the phone does.

    def ring(self):
        if self.ended is None and self.answered is None:
            self.mark(rang=self.rang or time.time())
            self.respond(180)

    def answer(self):
        if self.ended is None and self.answered is None:
            self.respond(200, self.phone.sdp())
            self.mark(answered=time.time())

    def reject(self, code):
        if self.ended is None and self.answered is None:
            self.respond(code)
            self.end(True, code)

    def hang_up(self):
        if self.ended is not None:
            return
        if self.answered:
            self.request("BYE")
        elif self.calling:
            there, self.there = self.there, ""
            self.request("CANCEL", cseq=1, branch=self.branch)
            self.there = there
        self.end(True, 200 if self.answered else 487)

    def transfer(self, number):
        self.request("REFER", "Refer-To: <sip:%s@127.0.0.1:%d>\r\nReferred-By: <sip:%s@127.0.0.1>\r\n"
                     % (number, self.phone.asterisk[1], self.phone.user))


class Phone(threading.Thread):
    """A telephone, or a whole provider. plan: what it does when it is called: seconds until it rings, answers, hangs up;
    or reject=CODE, sent when it would have answered."""

    def __init__(self, user, port, asterisk, header=""):
        super().__init__(daemon=True)
        self.user, self.port, self.asterisk, self.header = user, port, ("127.0.0.1", asterisk), header
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.audio = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.audio.bind(("127.0.0.1", 0))
        self.plan, self.calls, self.past, self.lock = {}, [], [], threading.Lock()
        self.start()

    def sdp(self):
        return ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\n"
                "a=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n" % self.audio.getsockname()[1])

    def send(self, head, body):
        kind = "Content-Type: application/sdp\r\n" if body else ""
        text = "%s%sContent-Length: %d\r\n\r\n%s" % (head, kind, len(body), body)
        self.socket.sendto(text.encode("utf-8", "surrogateescape"), self.asterisk)

    def call(self, number, caller=None, name=""):
        """name goes into the message as it stands, quotes and all."""
        call = Call(self, True)
        call.target = "sip:%s@127.0.0.1:%d" % (number, self.asterisk[1])
        call.local = '%s<sip:%s@127.0.0.1>' % ('"%s" ' % name if name else "", caller or self.user)
        call.remote, call.branch = "<sip:%s@127.0.0.1>" % number, "z9hG4bK" + token()
        with self.lock:
            self.calls.append(call)
        call.mark(offered=time.time())
        call.request("INVITE", "Content-Disposition: session\r\n" + self.header, self.sdp(), cseq=1, branch=call.branch)
        return call

    def incoming(self, n=0, seconds=10):
        """The nth call that came since forget(); None: it did not come."""
        until = time.time() + seconds
        while time.time() < until:
            with self.lock:
                came = [call for call in self.calls if not call.calling]
            if len(came) > n:
                return came[n]
            time.sleep(0.005)
        return None

    def forget(self, **plan):
        """Before the next call: what came so far is past, and this is the plan."""
        with self.lock:
            self.past, self.calls = self.past[-50:] + self.calls, []
        self.plan = plan

    def run(self):
        while True:
            data = self.socket.recv(65535)
            if len(data) > 10:
                self.take(Message(data))

    def take(self, message):
        with self.lock:
            call = next((c for c in self.calls + self.past if c.id == message.get("call-id")), None)
        if message.code:
            if call:
                self.take_response(call, message)
        elif call is None and message.method == "INVITE":
            self.take_call(message)
        elif message.method != "ACK":
            self.take_request(call, message)

    def take_response(self, call, message):
        if message.method != "INVITE" or message.code == 100:
            return
        call.there = message.tag("to") or call.there
        if message.code == 180:
            call.mark(rang=call.rang or time.time())
        elif 200 <= message.code < 300:
            call.target = message.contact() or call.target
            call.request("ACK", cseq=int(message.get("cseq").split()[0]))
            if call.ended is not None:
                call.request("BYE")
            elif call.answered is None:
                call.mark(answered=time.time())
        elif message.code >= 300:
            call.request("ACK", cseq=1, branch=call.branch)
            call.end(False, message.code)

    def take_call(self, message):
        call = Call(self, False)
        call.id, call.invite, call.there = message.get("call-id"), message, message.tag("from")
        call.target = message.contact()
        call.remote, call.local = (re.sub(r";tag=.*", "", message.get(side)) for side in ("from", "to"))
        call.number = re.search(r"sip:([^@;>]+)", message.first).group(1)
        with self.lock:
            self.calls.append(call)
        call.mark(offered=time.time())
        call.respond(100)
        plan = self.plan
        for name, action in (("ring", call.ring), ("answer", call.answer)):
            if plan.get(name) is not None:
                self.later(plan[name], action)
        if plan.get("reject"):
            self.later(plan.get("after", 0.3), call.reject, plan["reject"])

    def later(self, seconds, action, *values):
        if seconds == 0:
            action(*values)
            return
        timer = threading.Timer(seconds, action, values)
        timer.daemon = True
        timer.start()

    def take_request(self, call, message):
        known = call or Call(self, False)
        if message.method == "INVITE":
            # Sent again, or a change of a call that stands.
            known.respond(200 if known.answered else 180, self.sdp() if known.answered else "", message)
            return
        known.respond(200 if call or message.method in ("OPTIONS", "NOTIFY") else 481, request=message)
        if call and message.method == "CANCEL" and call.answered is None:
            if call.ended is None:
                call.respond(487)
            call.end(False, 487)
        elif call and message.method == "BYE":
            call.end(False, 200)

"""Servers that take mail until it is durable and deliver none of it."""

import servers

QUEUE = '''foreach ($transaction["recipients"] as $r)
    $arguments["mail"]->queue($transaction["senderaddress"], $r["address"],
        "backend"%s);
Accept();
'''


class Halyard(servers.Halyard):
    options = ""
    queues = True
    without = ("deliver",)   # what is queued is to stay there

    def __init__(self, directory, params=None):
        super().__init__(directory, 1, hooks={"eod": QUEUE % self.options},
                         params=params)

    def groups(self):
        """Syncs of the spool and messages in them, so far."""
        c = self.status()["counters"]
        c = c.get("cleanup.sock", {})
        return c.get("store_groups", 0), c.get("store_transactions", 0)


class Held(Halyard):
    options = ', ["hold" => true]'


class PostfixHold(servers.Postfix):
    """Each message goes into the hold queue."""
    more = "smtpd_client_restrictions = check_client_access static:HOLD\n" \
        "in_flow_delay = 0\n"
    row = "127.0.0.1:2510 inet n - n - - smtpd\n" \
        "pickup unix n - n 60 1 pickup\n"

#!/usr/bin/env python3
"""mtactl config import-halon: what is written is what a reload takes, and what
is not is named."""

import json
import os
import subprocess
import tempfile

from halyard import MTACTL, Instance, main

POLICY = r'''version: "6.8"
rate: { algorithm: tokenbucket }
policies:
  - fields:
      - localip
      - remotemx:
          google: ["*.google.com", "*.smtp.goog"]
    conditions:
      - if: { remotemx: "#google" }
        then: { concurrency: 10, rate: 50, connectinterval: 1, tag: x,
                stop: true, properties: {k: v w}, cluster: true }
      - if:
          remotemx: /yahoo(\.co)?\.jp$/   # a regular expression
          localip: 192.0.2.0/24
        then:
          rate: 10/60
    default: { concurrency: 5, rate: [1, 0.5] }
  - fields: [tenantid]
    conditions:
    - if: {tenantid: [a, b]}
      then: {rate: 100/3600}
  - default: {concurrency: 1000}
'''
POLICY_CF = r'''set - - -o rate_algorithm=tokenbucket
list list1 tenantid -o { items = a b }
rollup google remotemx -o { match = *.google.com *.smtp.goog }
policy policy1 localip,remotemx#google -o concurrency=5 -o rate=1/500ms
if policy1 remotemx=#google -o concurrency=10 -o rate=50/1s -o connectinterval=1s -o tag=x -o stop=yes -o { property.k = v w } -o cluster=yes
if policy1 { remotemx=/yahoo(\.co)?\.jp$/ localip=192.0.2.0/24 } -o rate=10/60s
policy policy2 tenantid
if policy2 tenantid=@list1 -o rate=100/3600s
policy policy3 - -o concurrency=1000
'''
SUSPEND = '''suspends:
  - remotemx: mx.broken.example
    tag: maintenance
  - {recipientdomain: "*.moving.example", localip: 192.0.2.7}
  - {}
'''
SUSPEND_CF = '''suspend suspend1 remotemx=mx.broken.example -o tag=maintenance
suspend suspend2 { recipientdomain=*.moving.example localip=192.0.2.7 }
suspend suspend3 -
'''
DELIVERY = '''delivery:
  conditions:
  - if: {remotemx: "*.partner.example"}
    then:
      tls: {mode: require_verify, protocols: "!SSLv2,!SSLv3"}
      timeout: {connect: 10, smtp: {EOD: 900}}
      retry: {count: 5, intervals: [{interval: 60, notify: true}, 900]}
  default: {pooling: {enabled: false, timeout: 5}}
'''
DELIVERY_CF = '''delivery delivery1 remotemx=*.partner.example -o tls=require_verify -o tls_protocols=!SSLv2,!SSLv3 -o timeout_connect=10s -o timeout_EOD=900s -o retry_count=5 -o retry=60s+notify,900s
delivery delivery2 - -o pooling=no -o pooling_timeout=5s
'''
APP = '''addresses:
  - {id: ip1, address: 192.0.2.1, hostname: out1.example.com}
queues:
  grouping:
    default: recipientdomain
    groupings:
      - id: google
        remotemx: ["*.google.com", "*.googlemail.com"]
transportgroups:
- id: default
  retry: {count: 30, intervals: [{interval: 60}, {interval: 900}]}
  dsn: {transport: mx}
  connection: {sourceip: {ipv6: false}}
  transports:
    - id: mx
      session: {tls: {mode: dane}}
    - id: backend
      connection: {server: 127.0.0.1, port: 2600}
'''
GROUPING_CF = '''grouping google remotemx -o { match = *.google.com *.googlemail.com }
'''
TRANSPORT_CF = '''address ip1 - 192.0.2.1 -o helo=out1.example.com
group default - - -o retry_count=30 -o retry=60s,900s -o dsn_transport=mx -o families=ipv4
transport mx mx - -o group=default -o tls=dane
transport backend host 127.0.0.1:2600 -o group=default
'''

# A file, and what is said of it: each line's beginning.
FAULTS = (
    ("servers:\n- id: a\n", ["f.yaml:1: servers: "]),
    ("other: 1\n", ["f.yaml:1: other: no such key"]),
    ("policies:\n- fields: [tenantid]\n  default: {rate: 1, burst: 2}\n",
     ["f.yaml:3: burst: "]),
    ("policies:\n- default:\n    rate: fast\n",
     ["policy.cf:2:"]),
    ("policies:\n- fields: [colour]\n", ["policy.cf:2:"]),
    ("policies:\n- fields: [tenantid]\n  conditions:\n"
     "  - if: {tenantid: 'a b'}\n    then: {rate: 1}\n",
     ["f.yaml:4: tenantid: such a pattern"]),
    ("policies:\n- fields: [tenantid]\n  conditions:\n"
     "  - if: {tenantid: '@new'}\n    then: {rate: 1}\n",
     ["f.yaml:4: tenantid: what is in this list"]),
    ("delivery:\n  default:\n    timeout:\n      smtp: {FOO: 1, EOD: x}\n",
     ["f.yaml:4: timeout.smtp.FOO: ", "f.yaml:4: timeout.smtp.EOD: "]),
    ("suspends: 5\n", ["f.yaml:1: suspends: it is no list"]),
    ("transportgroups:\n- id: a\n  transports:\n  - id: x\n  - id: x\n",
     ["f.yaml:5: id: "]),
    ("a: &b 1\n", ["f.yaml:1: -: anchors"]),
    ("- a\n", ["f.yaml:1: -: it is no map"]),
    ("policies:\n- default: {tag: \"a\\nsuspend b -\"}\n",
     ["f.yaml:2: tag: such a text"]),
)


def run(directory, *args):
    return subprocess.run([MTACTL, "config", "import-halon", *args],
                          cwd=directory, capture_output=True, text=True,
                          timeout=60)


def rows(text):
    return "".join(l + "\n" for l in text.split("\n")
                   if l and not l.startswith("#"))


def write(directory, name, text):
    with open(os.path.join(directory, name), "w") as f:
        f.write(text)
    return name


def test_whole():
    with tempfile.TemporaryDirectory() as d:
        names = [write(d, n + ".yaml", t) for n, t in (
            ("app", APP), ("delivery", DELIVERY), ("suspend", SUSPEND),
            ("policy", POLICY))]
        p = run(d, *names)
        assert p.returncode == 0 and p.stderr == "", p
        policy = POLICY_CF.split("\n", 2)
        want = "set - - -o grouping_default=recipientdomain " \
            "-o rate_algorithm=tokenbucket\n" + policy[1] + "\n" + \
            GROUPING_CF + policy[2] + DELIVERY_CF + SUSPEND_CF + TRANSPORT_CF
        assert rows(p.stdout) == want, p.stdout
        # Into a directory, where nothing is written over.
        p = run(d, "--to", "out", *names)
        assert p.returncode == 0 and p.stdout == "", p
        text = ""
        for name in ("policy.cf", "transport.cf"):
            with open(os.path.join(d, "out", name)) as f:
                text += f.read()
        assert rows(text) == want, text
        p = run(d, "--to", "out", *names)
        assert p.returncode == 1 and "policy.cf" in p.stderr, p
        # An instance takes them.
        mta = Instance()
        try:
            for name in ("policy.cf", "transport.cf"):
                with open(os.path.join(d, "out", name)) as f:
                    write(mta.conf, name, f.read())
            p = mta.ctl("config", "dump", "--json", check=False)
            assert p.returncode == 0, p
            assert json.loads(p.stdout), p
        finally:
            mta.stop()


def test_alone():
    for name, text, want in (
            ("policy", POLICY, POLICY_CF), ("suspend", SUSPEND, SUSPEND_CF),
            ("delivery", DELIVERY, DELIVERY_CF)):
        with tempfile.TemporaryDirectory() as d:
            p = run(d, write(d, name, text))
            assert p.returncode == 0 and rows(p.stdout) == want, p


def test_faults():
    """Named, and the rest is there."""
    for text, want in FAULTS:
        with tempfile.TemporaryDirectory() as d:
            write(d, "f.yaml", text)
            write(d, "good.yaml", SUSPEND)
            p = run(d, "f.yaml", "good.yaml")
            said = p.stderr.strip().split("\n")
            assert p.returncode == 1, p
            assert len(said) == len(want), (text, said)
            for line, begin in zip(said, want):
                assert line.startswith(begin), (text, said)
            assert rows(p.stdout).count("suspend ") == 3, p.stdout
    with tempfile.TemporaryDirectory() as d:
        assert run(d, "none.yaml").returncode == 1
        assert run(d).returncode == 2


if __name__ == "__main__":
    main(globals())

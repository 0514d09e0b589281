"""Certificates for tests, made by openssl: self-signed, or by a CA of their
own."""

import os
import subprocess


def openssl(*args, stdin=None):
    p = subprocess.run(["openssl"] + list(args), input=stdin,
                       capture_output=True)
    if p.returncode != 0:
        raise AssertionError("openssl %s: %s" % (args, p.stderr.decode()))
    return p.stdout


class Pki:
    """Files beneath `directory`."""

    def __init__(self, directory, days=60):
        self.dir = directory
        self.days = days        # that they are good for

    def path(self, name):
        return os.path.join(self.dir, name)

    def make(self, name, subject, sans=(), ca=None, is_ca=False):
        """NAME.pem and NAME.key; signed by `ca` (a name), or by itself."""
        cert, key = self.path(name + ".pem"), self.path(name + ".key")
        exts = ["basicConstraints=critical,CA:%s" %
                ("TRUE" if is_ca else "FALSE")]
        if sans:
            exts.append("subjectAltName=" + ",".join("DNS:" + s
                                                     for s in sans))
        with open(self.path(name + ".cnf"), "w") as f:
            f.write("[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=%s\n"
                    "[e]\n%s\n" % (subject, "\n".join(exts)))
        args = ["req", "-new", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
                "-config", self.path(name + ".cnf")]
        if ca is None and self.days <= 0:       # "req" makes no such
            openssl("x509", "-req", "-days", str(self.days), "-signkey", key,
                    "-out", cert, stdin=openssl(*args))
            return cert, key
        if ca is None:
            openssl(*args, "-x509", "-days", str(self.days), "-extensions", "e",
                    "-out", cert)
            return cert, key
        csr = openssl(*args)
        openssl("x509", "-req", "-days", str(self.days), "-CA", self.path(ca + ".pem"),
                "-CAkey", self.path(ca + ".key"), "-set_serial",
                str(int.from_bytes(os.urandom(8), "big")), "-extfile",
                self.path(name + ".cnf"), "-extensions", "e", "-out", cert,
                stdin=csr)
        return cert, key


def certificate(directory, name="mx.example.org", days=60):
    """Parameters of a server with a self-signed certificate."""
    cert, key = Pki(directory, days).make("server", name, [name])
    return {"smtpd_tls_cert_file": cert, "smtpd_tls_key_file": key}

# SPDX-License-Identifier: MIT
"""A certification authority of our own, and certificates for the mail servers."""


def request(processes, folder, name, *options):
    processes.run("/usr/bin/openssl", "req", "-new", "-newkey", "ec", "-pkeyopt",
                  "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                  "-keyout", folder / f"{name}.key", *options)


class Certificates:
    """self.ca is the file to trust; of(name) gives (certificate, key)."""

    def __init__(self, processes):
        self.processes, self.folder = processes, processes.work / "certificates"
        self.folder.mkdir()
        self.ca = self.folder / "authority.pem"
        request(processes, self.folder, "authority", "-x509", "-days", "2",
                "-out", self.ca, "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def of(self, name):
        at = self.folder / name
        request(self.processes, self.folder, name, "-out", f"{at}.csr")
        (self.folder / f"{name}.ext").write_text(
            f"subjectAltName=DNS:{name}\nbasicConstraints=CA:FALSE\n"
            "keyUsage=digitalSignature\nextendedKeyUsage=serverAuth\n")
        self.processes.run(
            "/usr/bin/openssl", "x509", "-req", "-in", f"{at}.csr", "-days", "2",
            "-CA", self.ca, "-CAkey", self.folder / "authority.key", "-CAcreateserial",
            "-extfile", f"{at}.ext", "-out", f"{at}.pem")
        return f"{at}.pem", f"{at}.key"

"""The way to the office: the key of the invitation and no other, whatever the date."""

from __future__ import annotations

import hashlib
import http.server
import pathlib
import ssl
import subprocess
import tempfile
import threading
import unittest

from doorstep import OfficeAddress, OfficeLink
from doorstep.link import LinkError, public_key


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers what it was sent."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(503 if body == b"busy" else 200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Office:
    """A server with a key of its own."""

    def __init__(self, folder: pathlib.Path, name: str) -> None:
        key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
        command = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ]
        command += ["-nodes", "-subj", "/CN=nobody", "-days", "1", "-keyout", str(key)]
        subprocess.run([*command, "-out", str(certificate)], check=True, capture_output=True)
        self.certificate = ssl.PEM_cert_to_DER_cert(certificate.read_text())
        self.key = hashlib.sha256(public_key(self.certificate)).digest()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.address = f"https://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def link(addresses: list[str], *keys: bytes) -> OfficeLink:
    address = OfficeAddress(addresses=addresses, keys_sha256=list(keys))
    return OfficeLink(address, timeout=10)


class Link(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.office = Office(self.folder, "office")
        self.addCleanup(self.office.stop)

    def test_the_key_is_that_of_the_certificate_as_openssl_reads_it(self) -> None:
        told = subprocess.run(
            ["openssl", "x509", "-in", str(self.folder / "office.pem"), "-noout", "-pubkey"],
            check=True,
            capture_output=True,
        ).stdout
        der = ssl.PEM_cert_to_DER_cert(told.decode().replace("PUBLIC KEY", "CERTIFICATE"))
        self.assertEqual(public_key(self.office.certificate), der)
        with self.assertRaises(LinkError):
            public_key(b"")

    def test_the_right_key_is_trusted_and_another_is_not(self) -> None:
        self.assertEqual(link([self.office.address], self.office.key)(b"hello"), b"hello")
        for keys in ([], [bytes(32)], [bytes(32), bytes([1] * 32)]):
            with self.assertRaises(LinkError) as wrong:
                link([self.office.address], *keys)(b"hello")
            self.assertIn("another key", str(wrong.exception))

    def test_the_key_that_was_announced_is_trusted_too(self) -> None:
        carry = link([self.office.address], bytes(32), self.office.key)
        self.assertEqual(carry(b"hello"), b"hello")

    def test_an_office_that_moved_is_found_at_its_next_address(self) -> None:
        impostor = Office(self.folder, "impostor")
        self.addCleanup(impostor.stop)
        addresses = ["https://127.0.0.1:9", impostor.address, self.office.address]
        carry = link(addresses, self.office.key)
        self.assertEqual(carry(b"hello"), b"hello")
        self.assertEqual(carry._addresses[0], self.office.address)

    def test_plain_http_goes_to_this_machine_only(self) -> None:
        for address in ("http://192.0.2.1", "http://office.example", "ftp://127.0.0.1"):
            with self.assertRaises(LinkError):
                link([address])(b"hello")

    def test_a_busy_office_is_an_error_that_says_so(self) -> None:
        with self.assertRaises(LinkError) as busy:
            link([self.office.address], self.office.key)(b"busy")
        self.assertIn("503", str(busy.exception))
        with self.assertRaises(LinkError):
            link([])(b"hello")

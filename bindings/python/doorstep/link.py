"""The way to the office over HTTP, for :meth:`doorstep.Doorstep.sync`.

The office is known by the SHA-256 of its key, from the invitation or announced to follow, and by nothing
else: no name, no date, no certificate authority. Plain HTTP goes to this machine only.
"""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import ssl
import urllib.parse

from . import doorstep_ffi as _ffi

__all__ = ["LinkError", "OfficeLink"]

#: Longest reply that is read.
_REPLY_MAX = 4 * 1024 * 1024


class LinkError(OSError):
    """The office was not reached, or it is not the office."""


class OfficeLink:
    """Carries requests to the first address that answers."""

    def __init__(self, address: _ffi.OfficeAddress, *, timeout: float = 30.0) -> None:
        self._keys = set(address.keys_sha256)
        self._addresses = list(address.addresses)
        self._timeout = timeout

    def __call__(self, request: bytes) -> bytes:
        """The office's reply to a request."""
        problems = []
        for number, address in enumerate(self._addresses):
            try:
                reply = self._carry(address, request)
            except (OSError, http.client.HTTPException) as error:
                problems.append(f"{address}: {error}")
                continue
            # The address that answered is asked first from now on.
            self._addresses.insert(0, self._addresses.pop(number))
            return reply
        raise LinkError("; ".join(problems) or "the invitation names no address")

    def _carry(self, address: str, request: bytes) -> bytes:
        connection = self._connect(address)
        try:
            headers = {"Content-Type": "application/octet-stream"}
            connection.request("POST", "/sync", body=request, headers=headers)
            response = connection.getresponse()
            body = response.read(_REPLY_MAX + 1)
            if response.status != 200:
                raise LinkError(f"the office answered {response.status}")
            if len(body) > _REPLY_MAX:
                raise LinkError("the reply is too long")
            return body
        finally:
            connection.close()

    def _connect(self, address: str) -> http.client.HTTPConnection:
        url = urllib.parse.urlsplit(address)
        host = url.hostname or ""
        if url.scheme == "http":
            if not _is_this_machine(host):
                raise LinkError("plain HTTP goes to this machine only")
            return http.client.HTTPConnection(host, url.port, timeout=self._timeout)
        if url.scheme != "https":
            raise LinkError(f"{url.scheme!r} is no way to an office")
        # Chains, names and dates say nothing here; the key is compared instead, before a byte is sent.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(
            host, url.port, timeout=self._timeout, context=context
        )
        connection.connect()
        certificate = connection.sock.getpeercert(binary_form=True) or b""
        if hashlib.sha256(public_key(certificate)).digest() not in self._keys:
            connection.close()
            raise LinkError("somebody else answers with another key")
        return connection


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def public_key(certificate: bytes) -> bytes:
    """The SubjectPublicKeyInfo of an X.509 certificate in DER, header included."""
    try:
        (_, whole, _) = _value(certificate, 0)
        (_, body, end) = _value(certificate, whole)
        fields = []
        at = body
        while at < end:
            (tag, _, after) = _value(certificate, at)
            fields.append((tag, at, after))
            at = after
        # [0] version is left out in old certificates; then serial, algorithm, issuer, dates, subject.
        first = 1 if fields[0][0] == 0xA0 else 0
        (_, start, stop) = fields[first + 5]
        return certificate[start:stop]
    except IndexError:
        raise LinkError("the other side shows no certificate") from None


def _value(data: bytes, at: int) -> tuple[int, int, int]:
    """Tag, start of the content and end of the DER value at this place."""
    tag, length, start = data[at], data[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    if start + length > len(data):
        raise IndexError
    return tag, start, start + length

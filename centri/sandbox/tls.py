"""A certificate authority of this process's own, and certificates from it for any name that a client asks for."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme

NAMES = ("*.salesforce.com", "*.my.salesforce.com", "localhost", "127.0.0.1")
"""The names of the certificate that is shown first; another name gets a certificate of its own."""


class Authority:
    """Made anew in each process; clients trust it by the certificate in ``file``."""

    def __init__(self, file: Path) -> None:
        self._authority = trustme.CA(organization_name="centri sandbox")
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._authority.cert_pem.write_to_path(file)
        self.file = file

    def context(self) -> ssl.SSLContext:
        """For a server: shows a client the certificate for the name that it asks for."""
        context = self._issued(*NAMES)

        def choose(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
            if name and not _covered(name):
                if name not in self._contexts:
                    self._contexts[name] = self._issued(name)
                connection.context = self._contexts[name]

        context.sni_callback = choose
        return context

    def _issued(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*names).configure_cert(context)
        context.set_alpn_protocols(["http/1.1"])
        return context


def _covered(name: str) -> bool:
    """A star stands for one label (RFC 6125, 6.4.3)."""
    return name in NAMES or f"*.{name.partition('.')[2]}" in NAMES

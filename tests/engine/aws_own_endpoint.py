"""AWS's own Proton endpoint, as a stack reaches it through a proxy: alive behind it at first, and then no more."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from engine.harness import REGION
from http_servers import Handler, running

from proton_provider.local import LocalAws

HOST = f"proton.{REGION}.amazonaws.com"


class Proxy(ThreadingHTTPServer):
    """A proxy for HTTPS behind which a local AWS answers as AWS's own endpoint, with a certificate for its name."""

    daemon_threads = True

    def __init__(self, aws: LocalAws, certificate: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.aws = aws
        self.certificate = certificate
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate)
        self.connected: list[str] = []
        """Every `host:port` that a client wanted to be connected with."""
        self.answer: tuple[int, bytes] | None = None
        """The status and the body of every answer from now on; None lets the local AWS answer."""
        self.is_cut_off = False
        """Whether the proxy finds no host of that name."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def config(self) -> dict[str, str | None]:
        """The stack config that reaches AWS's own endpoint through this proxy."""
        return {
            "proton:endpointUrl": None,
            "aws:httpsProxy": self.url,
            "aws:customCaBundle": str(self.certificate),
        }

    def refuse(self, code: str) -> None:
        """Have every call answered with this code of AWS's from now on."""
        self.answer = 400, b'{"__type": "%s", "message": "no"}' % code.encode()


class _Handler(Handler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def do_CONNECT(self) -> None:
        self.server.connected.append(self.path)
        if self.server.is_cut_off:
            self.send_error(502)
            return
        self.send_response(200)
        self.end_headers()
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        self.setup()
        self.close_connection = False

    def do_POST(self) -> None:
        body = self.read_body()
        status, answer = self.server.answer or self._of_local_aws(body)
        self.answer(answer, status, "application/x-amz-json-1.0")

    def _of_local_aws(self, body: bytes) -> tuple[int, bytes]:
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        request = urllib.request.Request(self.server.aws.url, body, headers)  # noqa: S310  # our own address
        try:
            with urllib.request.urlopen(request) as answer:  # noqa: S310  # our own address
                return answer.status, answer.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read()

    def finish(self) -> None:
        super().finish()
        if isinstance(
            self.request, ssl.SSLSocket
        ):  # the server closes only the socket that it has handed over
            self.request.close()


@contextmanager
def proxy(aws: LocalAws, folder: Path) -> Iterator[Proxy]:
    """A running proxy; its certificate is in `folder`."""
    certificate = folder / "aws.pem"
    certificate.write_bytes(_certificate())
    server = Proxy(aws, certificate)
    with running(server):
        yield server


def _certificate() -> bytes:
    """A key and a certificate for AWS's own endpoint that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)

"""A certificate authority for tests."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


@dataclass
class Issuer:
    """An authority; its certificate lies in ``folder``."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    name: x509.Name

    def issue(
        self, host: str, *, until: datetime = NOW + DAY, signed_by_itself: bool = False
    ) -> ssl.SSLContext:
        """Return a server's context with a fresh certificate for ``host``."""
        key = ec.generate_private_key(ec.SECP256R1())
        authority = key if signed_by_itself else self.key
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(host))
            .issuer_name(named(host) if signed_by_itself else self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - 30 * DAY)
            .not_valid_after(until)
            .add_extension(x509.SubjectAlternativeName(alternatives(host)), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()),
                critical=False,
            )
        )
        certificate = builder.sign(authority, hashes.SHA256())
        pem = self.folder / f"{certificate.serial_number}.pem"
        pem.write_bytes(private(key) + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context

    def trusting(self) -> ssl.SSLContext:
        """Return a client's context that trusts this authority alone."""
        return ssl.create_default_context(cafile=str(self.folder / "authority.pem"))


def alternatives(host: str) -> list[x509.GeneralName]:
    if host.startswith("127."):
        return [x509.IPAddress(ip_address(host))]
    return [x509.DNSName(host)]


def private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def an_authority(folder: Path) -> Issuer:
    """Make an authority; ``authority.pem`` in the folder is what its clients trust."""
    key, name = ec.generate_private_key(ec.SECP256R1()), named("Authority of these tests")
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 60 * DAY)
        .not_valid_after(NOW + 60 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "authority.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Issuer(folder, key, name)

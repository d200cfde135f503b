"""Certificates of one run: an authority of its own, and what servers and clients show one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
else:
    from lab.lazy import module

    x509 = module("cryptography.x509")
    ec = module("cryptography.hazmat.primitives.asymmetric.ec")

HERE = ("localhost", "127.0.0.1")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """Files in PEM. certificate, key: of one server or client; authority: whom it trusts, and who signed it."""

    certificate: Path
    key: Path
    authority: Path

    def copied(self, folder: Path, give: Callable[[Path], object] | None = None) -> Identity:
        """The same in `folder`, each file given away by `give`: a server reads nothing that others may read."""
        for source in (self.certificate, self.key, self.authority):
            copy = folder / source.name
            copy.touch(mode=0o600)  # before the key is in it
            copy.write_bytes(source.read_bytes())
            if give:
                give(copy)
        return self.moved(folder)

    def moved(self, folder: Path) -> Identity:
        """Files of the same names in `folder`."""
        return Identity(*(folder / file.name for file in (self.certificate, self.key, self.authority)))


class Authority:
    """A certificate authority for a run. folder: for all it issues; the authority's own key is kept in memory alone."""

    def __init__(self, folder: Path, name: str = "lab") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._subject = _name(f"{name} certificate authority")
        builder = _certificate(self._subject, self._subject, self._key)
        # OpenSSL 3 and Python 3.13 (VERIFY_X509_STRICT) ask for the usage and the key's identifier.
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(signs=True), critical=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(_pem(_signed(builder, self._key)))

    def issue(self, name: str, hosts: Sequence[str] = HERE) -> Identity:
        """An identity for a server at `hosts`, or for the client `name`: good for both, for one day."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _certificate(_name(name), self._subject, key)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs=False), critical=True)
        builder = builder.add_extension(x509.SubjectAlternativeName(list(map(_host, hosts))), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = _signed(builder.add_extension(issuer, critical=False), self._key)
        files = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        files[0].write_bytes(_pem(certificate))
        files[1].touch(mode=0o600)
        files[1].write_bytes(_private(key))
        return Identity(*files, self.file)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - _DAY).not_valid_after(now + _DAY)  # clocks need not agree
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.add_extension(identifier, critical=False)


def _usage(signs: bool) -> x509.KeyUsage:
    names = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    never = dict.fromkeys((*names, "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, **never)


def _signed(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    from cryptography.hazmat.primitives.hashes import SHA256

    return builder.sign(key, SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

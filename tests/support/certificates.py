"""A certificate authority of a test's own, by the openssl command: real files, for real servers."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, as files."""

    file: Path
    key: Path


class Authority:
    """Signs certificates; `file` is what others believe."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.file = folder / "ca.pem"
        self._key = folder / "ca.key"
        _openssl(
            *("req", "-x509", *EC, "-keyout", self._key, "-out", self.file, "-days", "2"),
            *("-subj", "/CN=an authority of the tests"),
            *("-addext", "basicConstraints=critical,CA:TRUE"),
            *("-addext", "keyUsage=critical,keyCertSign"),
        )

    def issue(self, name: str, alternative: str = "IP:127.0.0.1") -> Certificate:
        """Return a certificate for a host, or for somebody who shows it to a host."""
        key, request = self._folder / f"{name}.key", self._folder / f"{name}.csr"
        file, extensions = self._folder / f"{name}.pem", self._folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={alternative}\n")
        _openssl("req", *EC, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        _openssl(
            *("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key),
            *("-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", file),
        )
        return Certificate(file, key)


def _openssl(*told: str | Path) -> None:
    program = shutil.which("openssl")
    assert program is not None, "there is no openssl on this machine"
    subprocess.run([program, *map(str, told)], check=True, capture_output=True)

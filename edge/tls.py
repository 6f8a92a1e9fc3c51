"""Whom an agent believes to be the broker, and how it shows who it is itself."""

from __future__ import annotations

import ssl

from contract.site import Broker
from edge.errors import BrokerError


def context_for(broker: Broker) -> ssl.SSLContext | None:
    """Return what `[broker]` says of TLS; None for a connection in the clear.

    Raises
    ------
    BrokerError
        When a file of certificates or a key is not there, is none, or does not fit the other.
    """
    if not broker.tls:
        return None
    told = f"ca_file {broker.ca_file}"
    try:
        context = ssl.create_default_context(cafile=broker.ca_file)
        if broker.cert_file is not None:
            told = f"cert_file {broker.cert_file}, key_file {broker.key_file}"
            context.load_cert_chain(broker.cert_file, broker.key_file)
    except OSError as error:  # ssl.SSLError is one
        raise BrokerError(f"[broker] {told}: {error.strerror or error}") from None
    return context


def why_not(error: BaseException | None) -> str:
    """Return why no connection came about, in words for a technician.

    >>> why_not(ConnectionRefusedError())
    'nothing listens there'
    """
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not believed: {error.verify_message}"
        case ssl.SSLError():
            return f"TLS failed: {error.reason or error}"
        case ConnectionRefusedError():
            return "nothing listens there"
        case TimeoutError():
            return "it does not answer"
        case None:
            return "no reason is known"
        case _:
            return str(error)

"""Which broker a driver listens to: the site's, or one of its devices' own."""

from __future__ import annotations

from contract.site import Broker


def local_broker(site_broker: Broker, host: str | None, port: int | None) -> Broker:
    """Return the broker that a driver's own `host` and `port` name; the site's if they do not."""
    if host is None and port is None:
        return site_broker
    if host is None:
        return site_broker.model_copy(update={"port": port})
    # Another broker has other credentials: those of the site's are not shown to it.
    return Broker(host=host, port=port or 1883)

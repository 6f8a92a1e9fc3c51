"""History in InfluxDB 2, by its own client, with line protocol that is written here."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from contract.site import Gateway
from gateway.history_file import HistoryError
from gateway.summary import Summary

TOKEN_VARIABLE = "FLOORWATCH_INFLUX_TOKEN"
TIMEOUT_MS = 10_000
UNWRITABLE = frozenset({400, 413, 422})
"""Answers that find fault with the rows. Anything else is the server's trouble and passes."""


class InfluxHistory:
    """Synchronous writes of ready lines.

    The client's batching writer keeps its queue in memory and did not return from `close()` with
    the server away, so it is not used: the queue is the recorder, and the thread is ours.
    """

    def __init__(
        self, site: str, gateway: Gateway, environ: Mapping[str, str] = os.environ
    ) -> None:
        self._site = site
        self._bucket = gateway.influx_bucket
        self._org = gateway.influx_org
        self._client = InfluxDBClient(
            url=gateway.influx_url,
            token=environ.get(TOKEN_VARIABLE, ""),
            org=gateway.influx_org,
            timeout=TIMEOUT_MS,
            retries=urllib3.Retry(0),
        )
        self._writer = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, rows: Sequence[Summary]) -> int:
        """Write rows; those that the server finds unwritable are told apart and given up."""
        try:
            self._post([line(self._site, row) for row in rows])
        except ApiException as error:
            if error.status not in UNWRITABLE:
                raise HistoryError(f"InfluxDB answers {error.status}: {error.reason}") from error
            if len(rows) == 1:
                return 1
            half = len(rows) // 2
            return self.write(rows[:half]) + self.write(rows[half:])
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise HistoryError(f"InfluxDB is away: {type(error).__name__}") from error
        return 0

    def close(self) -> None:
        """Let go of the connection."""
        self._writer.close()  # type: ignore[no-untyped-call]
        self._client.close()  # type: ignore[no-untyped-call]

    def _post(self, lines: Sequence[str]) -> None:
        # Nanoseconds are the client's default precision.
        self._writer.write(self._bucket, self._org, "\n".join(lines))


def line(site: str, row: Summary) -> str:
    r"""Return a summary in line protocol: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/.

    >>> line("hall-7", Summary("reads", "reader-1", 7, {"reads": 3, "rssi": -0.5}, "a b"))
    'reads,site=hall-7,device=reader-1,what=a\\ b reads=3i,rssi=-0.5 7'
    """
    tags = {"site": site, "device": row.device, "what": row.tag}
    told = "".join(f",{name}={_escaped(value)}" for name, value in tags.items() if value)
    fields = ",".join(f"{_escaped(name)}={_field(value)}" for name, value in row.fields.items())
    return f"{row.measurement}{told} {fields} {row.t_ns}"


def _field(value: float | int) -> str:
    return f"{value}i" if isinstance(value, int) else repr(value)


def _escaped(text: str) -> str:
    flat = text.replace("\n", " ").rstrip("\\")
    for mark in (",", "=", " "):
        flat = flat.replace(mark, "\\" + mark)
    return flat

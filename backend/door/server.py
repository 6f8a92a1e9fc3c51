"""The HTTP server: uvicorn with our connections, our threads, and an end."""

from __future__ import annotations

import asyncio
import socket
from functools import partial

import uvicorn
from anyio import to_thread
from starlette.types import ASGIApp

from backend.console.streams import Streams
from backend.door.connections import LARGEST_HEAD_BYTES, Connections, HttpConnection
from backend.door.descriptors import Capacity
from backend.door.lanes import POOL_THREADS
from backend.metrics import BackendMetrics

IDLE_S = 10
"""How long a connection may wait for its next request. The gateway reports every two seconds."""
ACCEPTED_AT_ONCE = 16
"""How many newcomers one turn of the loop lets in. asyncio would take as many as there are, and a
flood's would push an honest one out before its request was read."""
WAITING = 512
"""How many more wait in the kernel meanwhile."""
DRAIN_S = 2
"""How long answers that are under way may take once the server stops."""


class Server(uvicorn.Server):
    """Listens until `should_exit`; then ends within `DRAIN_S`, whoever is still connected."""

    def __init__(
        self, app: ASGIApp, streams: Streams, capacity: Capacity, metrics: BackendMetrics
    ) -> None:
        self.table = Connections(capacity, metrics)
        config = uvicorn.Config(
            app,
            http=partial(HttpConnection, self.table),  # type: ignore[arg-type]
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            backlog=ACCEPTED_AT_ONCE,
            timeout_keep_alive=IDLE_S,
            timeout_graceful_shutdown=DRAIN_S,
            h11_max_incomplete_event_size=LARGEST_HEAD_BYTES,
        )
        super().__init__(config)
        self._streams = streams
        self._watch: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen."""
        to_thread.current_default_thread_limiter().total_tokens = POOL_THREADS
        self._watch = asyncio.get_running_loop().create_task(self.table.watch())
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(WAITING)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: end the live streams, let answers finish for a moment, then cut what is left."""
        self._streams.close()
        self.table.close_what_asks_nothing()
        await super().shutdown(sockets)
        if self._watch is not None:
            self._watch.cancel()
        self.table.close_all()

"""The same replica for asyncio: nothing here blocks the event loop.

Writes stand in one queue in the order of their calls, from the call on, not from the first ``await``,
and write what was handed over at the call. Cancelling whoever waits for a write, or for the end, ends the
waiting alone. Reads, waits for changes and exchanges can be cancelled.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Concatenate, ParamSpec, TypeVar

from . import doorstep_ffi as _ffi
from .errors import own_errors
from .handed import own
from .replica import Doorstep

__all__ = ["AsyncDoorstep"]

_P = ParamSpec("_P")
_T = TypeVar("_T")

#: Threads for reads: the store reads on one connection.
_READERS = 2


class AsyncDoorstep:
    """A replica for asyncio. Close it, or use it in an ``async with`` block.

    ``phone.write(Doorstep.check, round, looks)`` and ``await phone.read(Doorstep.today)``: the calls
    are those of :class:`doorstep.Doorstep`.
    """

    def __init__(self, replica: Doorstep) -> None:
        self._replica = replica
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="doorstep-write")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="doorstep-read")

    @classmethod
    async def open(
        cls, folder: str | os.PathLike[str], *, key: bytes | None = None, marker: bytes
    ) -> AsyncDoorstep:
        """Opens or makes the replica in ``folder``: see :class:`doorstep.Doorstep`."""
        loop = asyncio.get_running_loop()
        opened = loop.run_in_executor(None, lambda: Doorstep(folder, key=key, marker=marker))
        return cls(await opened)

    async def __aenter__(self) -> AsyncDoorstep:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def write(
        self,
        act: Callable[Concatenate[Doorstep, _P], _T],
        *given: _P.args,
        **named: _P.kwargs,
    ) -> asyncio.Future[_T]:
        """Puts a write into the queue, now. Await the result or not: it is written, and as it was handed
        over: records and lists are copied here, and what is iterated is read to its end."""
        taken = own(given)
        by_name = {name: own(one) for name, one in named.items()}
        waiting = _waiting(self._put(self._writer, act, self._replica, *taken, **by_name))
        # Nobody needs to ask for the result of what nobody waits for.
        waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
        return waiting

    async def read(
        self,
        ask: Callable[Concatenate[Doorstep, _P], _T],
        *given: _P.args,
        **named: _P.kwargs,
    ) -> _T:
        """Asks a screen."""
        job = self._put(self._readers, ask, self._replica, *given, **named)
        return await asyncio.wrap_future(job)

    async def sync(self, carry: Callable[[bytes], Awaitable[bytes]]) -> _ffi.Summary:
        """Exchanges with the office until nothing is left. ``carry`` sends a request and returns the
        reply. Cancelled or cut, what came before is kept, and a new call goes on."""

        def step(exchange: _ffi.Exchange, reply: bytes | None) -> _ffi.Step:
            with own_errors():
                return exchange.sync_step(reply)

        with own_errors():
            exchange = self._replica._inner.exchange()
        reply = None
        while True:
            job = self._put(self._writer, step, exchange, reply)
            now = await asyncio.wrap_future(job)
            if now.is_DONE():
                summary: _ffi.Summary = now.summary  # type: ignore[attr-defined]
                return summary
            reply = await carry(now.request)  # type: ignore[attr-defined]

    async def changes(self) -> AsyncIterator[int]:
        """Numbers of changes as they come, until the replica is closed. Takes no thread.

        Of a replica that is closed already: :class:`doorstep.Closed`."""
        with own_errors():
            stream = self._replica._inner.changes()
        try:
            while True:
                with own_errors():
                    number = await stream.next()
                if number is None:
                    return
                yield number
        finally:
            stream.cancel()

    async def close(self) -> None:
        """Ends the replica after the writes that stand in the queue. What is called later is
        :class:`doorstep.Closed`; a second time closes nothing more, and waits for the end as well."""
        await _waiting(self._put(self._writer, self._end))

    def _end(self) -> None:
        self._replica.close()
        self._writer.shutdown(wait=False)
        self._readers.shutdown(wait=False)

    def _put(
        self, threads: ThreadPoolExecutor, act: Callable[_P, _T], *given: _P.args, **named: _P.kwargs
    ) -> Future[_T]:
        """A call on one of these threads; on none once the replica is closed, where every call of it
        returns at once."""
        try:
            return threads.submit(act, *given, **named)
        except RuntimeError:
            done: Future[_T] = Future()
            try:
                done.set_result(act(*given, **named))
            except Exception as error:
                done.set_exception(error)
            return done


def _waiting(job: Future[_T]) -> asyncio.Future[_T]:
    """The result of a job. Cancelling this does not reach the job."""
    return asyncio.shield(asyncio.wrap_future(job))

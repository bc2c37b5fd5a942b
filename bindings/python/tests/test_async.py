"""asyncio: writes land in the order of their calls, and what waits can be cancelled."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Iterator

from street import StreetTest

import doorstep
from doorstep import AsyncDoorstep, Doorstep, Fix, NewLook, PhotoHash, Seen, Targets

PAIRS = 1_000

PHOTO = PhotoHash("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0")


class Asyncio(StreetTest):
    def test_a_thousand_pairs_that_nobody_awaits_land_in_the_order_of_the_calls(self) -> None:
        phone = self.phone()
        low = Seen.FAULTS(["pressure_low"])

        async def evening() -> None:
            own = AsyncDoorstep(phone)
            for pair in range(PAIRS):
                door = pair % 24
                own.write(Doorstep.check, self.round, [self.look(door)])
                own.write(Doorstep.check, self.round, [self.look(door, low, note=f"{pair}")])
            # A read of what stands in the queue waits for nothing: the last write is awaited.
            last = await own.write(Doorstep.check, self.round, [self.look(0)])
            history = (await own.read(Doorstep.asset, self.street.bottles[0])).history
            self.assertEqual([history[0].check], last)
            for door in range(24):
                bottle = self.street.bottles[door]
                looks = (await own.read(Doorstep.asset, bottle)).history
                if door == 0:
                    looks = looks[1:]
                notes = [look.note for look in reversed(looks)]
                pairs = range(door, PAIRS, 24)
                self.assertEqual(notes, [note for pair in pairs for note in (None, f"{pair}")])
            await own.close()

        asyncio.run(evening())

    def test_a_write_whose_caller_is_cancelled_at_once_is_on_the_disk(self) -> None:
        async def evening(folder: str) -> None:
            phone = AsyncDoorstep(self.blank(1, folder))
            waiting = phone.write(Doorstep.set_draft, "where", "三楼")
            waiting.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await waiting
            await phone.close()

        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(evening(folder))
            with self.blank(1, folder) as phone:
                self.assertEqual(phone.draft("where"), "三楼")

    def test_a_write_is_what_was_handed_over_at_the_call(self) -> None:
        async def evening() -> None:
            phone = AsyncDoorstep(self.phone())
            street, here = self.street, threading.get_ident()
            free = threading.Event()
            phone.write(lambda _: free.wait(30))
            # The writer is busy until everything below has changed.
            codes, photos, places = ["pressure_low"], [PHOTO], [street.doors[1]]
            look = self.look(0, Seen.FAULTS(codes), note="红区", photos=photos)
            looks = [look]
            read_in: list[int] = []

            def others() -> Iterator[NewLook]:
                for door in (2, 3):
                    read_in.append(threading.get_ident())
                    yield self.look(door)

            targets = Targets(doors=street.doors[:2], assets=street.bottles[:2])
            case = self.hazard(note="三辆电瓶车", photos=photos)
            fix = Fix(note="已推走", photos=photos)
            phone.write(Doorstep.check, self.round, looks)
            phone.write(Doorstep.check, self.round, looks=others())
            phone.write(Doorstep.all_normal, self.round, places, answered=False)
            today = phone.write(Doorstep.open_round, street.building, targets=targets)
            found = phone.write(Doorstep.found, case, fix)
            self.assertEqual(read_in, [here, here])
            for held in (codes, photos, places, looks, targets.doors, targets.assets):
                held.clear()
            look.note = case.note = fix.note = "later"
            look.asset = street.bottles[4]
            free.set()

            told = (await phone.read(Doorstep.case, await found)).events
            self.assertEqual([one.note for one in told], ["三辆电瓶车", "已推走"])
            self.assertEqual([one.photos for one in told], [[PHOTO], [PHOTO]])
            bottles = [await phone.read(Doorstep.asset, one) for one in street.bottles[:5]]
            self.assertEqual([len(one.history) for one in bottles], [1, 1, 1, 1, 0])
            [seen] = bottles[0].history
            self.assertEqual((seen.result, seen.note), (Seen.FAULTS(["pressure_low"]), "红区"))
            self.assertEqual(seen.photos, [PHOTO])
            coverage = await phone.read(Doorstep.coverage, street.committee, await today)
            self.assertEqual((coverage.total.doors, coverage.total.assets), (2, 2))
            await phone.close()

        asyncio.run(evening())

    def test_a_close_that_is_cancelled_at_once_lets_go_of_the_folder(self) -> None:
        async def evening(folder: str) -> None:
            phone = AsyncDoorstep(self.blank(1, folder))
            ends = asyncio.ensure_future(anext(phone.changes()))
            free = threading.Event()
            phone.write(lambda _: free.wait(30))
            closing = asyncio.ensure_future(phone.close())
            await asyncio.sleep(0)
            closing.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await closing
            free.set()
            with self.assertRaises(StopAsyncIteration):
                await asyncio.wait_for(ends, 30)
            await phone.close()
            self.blank(1, folder).close()

        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(evening(folder))

    def test_a_second_close_waits_for_the_end_too(self) -> None:
        async def evening() -> None:
            phone = AsyncDoorstep(self.phone())
            free = threading.Event()
            last = phone.write(lambda _: free.wait(30))
            closings = [asyncio.ensure_future(phone.close()) for _ in range(2)]
            await asyncio.sleep(0)
            closings[0].cancel()
            await asyncio.sleep(0)
            self.assertFalse(closings[1].done())
            free.set()
            await closings[1]
            self.assertTrue(last.done())

        asyncio.run(evening())

    def test_the_stream_of_changes_ends_with_the_replica_and_with_its_task(self) -> None:
        async def evening() -> None:
            phone = AsyncDoorstep(self.phone())
            heard: list[int] = []
            listening = asyncio.Event()

            async def listen() -> None:
                listening.set()
                async for number in phone.changes():
                    heard.append(number)

            kept, cancelled = asyncio.create_task(listen()), asyncio.create_task(listen())
            await listening.wait()
            await asyncio.sleep(0)
            cancelled.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await cancelled
            await phone.write(Doorstep.check, self.round, [self.look(0)])
            while not heard:
                await asyncio.sleep(0.01)
            await phone.close()
            await asyncio.wait_for(kept, 30)
            self.assertEqual(len(heard), 1)

        asyncio.run(evening())

    def test_an_exchange_is_cancelled_between_its_steps_and_goes_on_later(self) -> None:
        async def evening() -> None:
            phone = AsyncDoorstep(self.phone())
            await phone.write(Doorstep.check, self.round, [self.look(0)])
            reached = asyncio.Event()

            async def never(request: bytes) -> bytes:
                reached.set()
                await asyncio.Event().wait()
                raise AssertionError

            exchange = asyncio.create_task(phone.sync(never))
            await reached.wait()
            exchange.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await exchange

            async def carry(request: bytes) -> bytes:
                return self.office.answer(request)

            summary = await phone.sync(carry)
            self.assertEqual(summary.confirmed, 1)
            self.assertEqual((await phone.read(Doorstep.counters)).only_here, 0)
            await phone.close()

        asyncio.run(evening())

    def test_a_closed_replica_is_closed_on_every_way_and_what_waited_ends(self) -> None:
        async def carry(request: bytes) -> bytes:
            return self.office.answer(request)

        async def evening() -> None:
            phone = AsyncDoorstep(self.phone())
            await phone.write(Doorstep.check, self.round, [self.look(0)])
            heard = phone.changes()
            listening = asyncio.ensure_future(anext(heard))
            await asyncio.sleep(0)

            async def closes_on_the_way(request: bytes) -> bytes:
                await phone.close()
                return self.office.answer(request)

            with self.assertRaises(doorstep.Closed):
                await phone.sync(closes_on_the_way)
            with self.assertRaises(StopAsyncIteration):
                await asyncio.wait_for(listening, 30)
            ways = (
                lambda: phone.write(Doorstep.check, self.round, [self.look(1)]),
                lambda: phone.write(Doorstep.set_draft, "where", "三楼"),
                lambda: phone.read(Doorstep.today),
                lambda: phone.sync(carry),
                lambda: anext(phone.changes()),
            )
            for way in ways:
                with self.assertRaises(doorstep.Closed) as closed:
                    await way()
                self.assertEqual(closed.exception.code, "call.closed")
            # Nobody has to await what was called too late.
            phone.write(Doorstep.set_draft, "where", "三楼")
            await phone.close()

        asyncio.run(evening())

    def test_errors_come_to_whoever_awaits(self) -> None:
        async def evening() -> None:
            phone = AsyncDoorstep(self.phone())
            with self.assertRaises(doorstep.NotFound):
                await phone.read(Doorstep.asset, doorstep.AssetId("AAAAAAAAAAAAAAAA"))
            with self.assertRaises(doorstep.Refused):
                await phone.write(Doorstep.undo_last)
            await phone.close()

        asyncio.run(evening())

    def test_the_event_loop_goes_on_while_the_store_works(self) -> None:
        async def evening(folder: str) -> None:
            async with await AsyncDoorstep.open(folder, marker=b"m") as phone:
                threads = await phone.read(lambda _: threading.current_thread())
                self.assertIsNot(threads, threading.main_thread())

        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(evening(folder))

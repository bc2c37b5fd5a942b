"""Handing on: the office over a link that loses, other phones, files, rescue."""

from __future__ import annotations

import hashlib
import pathlib
import shutil
import sqlite3
import tempfile

from street import StreetTest

import doorstep
from doorstep import Doorstep, Seen
from doorstep import doorstep_ffi as ffi


class Exchanges(StreetTest):
    def test_a_link_that_loses_every_third_message_delays_and_loses_nothing(self) -> None:
        phone, other = self.phone(1), self.phone(2)
        link = ffi.FakeLink.to(self.office, 33, 5)

        class Cut(Exception):
            pass

        def carry(request: bytes) -> bytes:
            reply = link.carry(request)
            if reply is None:
                raise Cut
            return reply

        for door in range(24):
            phone.check(self.round, [self.look(door)])
            try:
                phone.sync(carry)
            except Cut:
                continue
        summary = self.sync(phone)
        self.assertEqual(phone.counters().only_here, 0)
        self.assertEqual(phone.counters().received, 24)
        self.assertEqual(summary.limited, None)
        self.assertEqual(summary.notices, [])
        self.assertGreater(summary.round_trips, 0)
        self.assertGreater(summary.bytes_sent, 0)
        self.assertGreater(summary.bytes_received, 0)
        second = self.sync(other)
        self.assertGreater(second.received, 0)
        area = self.street.committee
        self.assertEqual(phone.checksum(area), self.office.checksum(area))
        self.assertEqual(other.checksum(area), self.office.checksum(area))

    def test_own_segments_are_confirmed(self) -> None:
        phone = self.phone()
        phone.check(self.round, [self.look()])
        phone.seal()
        self.assertEqual(self.sync(phone).confirmed, 1)

    def test_a_reply_that_is_not_the_offices_word_is_not_taken(self) -> None:
        phone = self.phone()
        phone.check(self.round, [self.look()])
        with self.assertRaises(doorstep.PeerError) as wrong:
            phone.sync(lambda request: b"not a reply")
        self.assertEqual(wrong.exception.code, "sync.unreadable")
        self.assertEqual(phone.counters().only_here, 1)
        self.sync(phone)
        self.assertEqual(phone.counters().only_here, 0)

    def test_where_the_office_is_and_which_keys_it_may_have(self) -> None:
        phone = self.phone()
        address = phone.office_address()
        self.assertEqual(address.addresses, ["http://127.0.0.1:8080"])
        self.assertEqual(address.keys_sha256, [])
        first, second, third = (hashlib.sha256(name).digest() for name in (b"1", b"2", b"3"))
        for key, known in ((first, [first]), (second, [second, first]), (third, [third, second])):
            self.office.announce_key(key)
            self.sync(phone)
            self.assertEqual(phone.office_address().keys_sha256, known)

    def test_two_phones_without_a_network_know_the_same_afterwards(self) -> None:
        one, other = self.phone(1), self.phone(2)
        one.check(self.round, [self.look(0)])
        other.check(self.round, [self.look(1, Seen.MISSING())])
        a, b = one.talk(), other.talk()
        said = a.say()
        while not (a.done and b.done):
            heard = b.say(said)
            said = a.say(heard) if heard else None
            if said is None and heard is None:
                break
        self.assertTrue(a.done and b.done)
        assert a.summary and b.summary
        self.assertEqual((a.summary.given, a.summary.taken), (b.summary.taken, b.summary.given))
        self.assertGreater(a.summary.given, 0)
        self.assertEqual((a.summary.aside, a.summary.refused), (0, 0))
        for bottle in self.street.bottles[:2]:
            self.assertEqual(one.asset(bottle).asset.result, other.asset(bottle).asset.result)
        # Told by the other phone, not by the office yet.
        self.assertEqual(one.provisional_authors(), [other.enrolled().author])  # type: ignore[union-attr]
        unseen = self.blank(3)
        unseen.enrol(self.office.invite(doorstep.Role.VOLUNTEER(), 1))
        self.assertEqual(unseen.provisional_authors(), [unseen.enrolled().author])  # type: ignore[union-attr]

    def test_a_file_takes_what_nobody_confirmed_to_the_office(self) -> None:
        phone = self.phone()
        phone.check(self.round, [self.look(0)])
        file = phone.export_bundle()
        self.assertGreater(self.office.take_bundle(file), 0)
        self.sync(phone)
        self.assertEqual(phone.counters().only_here, 0)

    def test_what_is_in_a_database_that_cannot_be_opened_is_rescued(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            phone = self.blank(1, folder)
            phone.enrol(self.office.invite(doorstep.Role.VOLUNTEER(), 1))
            self.sync(phone)
            phone.check(self.round, [self.look(0)])
            phone.close()
            del phone
            with sqlite3.connect(pathlib.Path(folder) / "doorstep.db") as database:
                database.execute("PRAGMA user_version = 9999")
            database.close()
            before = (pathlib.Path(folder) / "doorstep.db").read_bytes()
            with self.assertRaises(doorstep.StoreError) as newer:
                Doorstep(folder, marker=b"phone 1")
            self.assertEqual(newer.exception.code, "store.newer")
            out = pathlib.Path(folder) / "rescued.bundle"
            with self.assertRaises(doorstep.DoorstepError):
                doorstep.rescue(folder, out, invitation="half \ud83e of one")
            found = doorstep.rescue(folder, out)
            self.assertEqual((found.unsigned, found.unreadable), (0, 0))
            taken = self.office.take_bundle(out.read_bytes())
            self.assertGreater(taken, 0)
            self.assertEqual(taken, found.segments + found.signed)
            self.assertEqual((pathlib.Path(folder) / "doorstep.db").read_bytes(), before)

    def test_a_restored_folder_goes_on_as_a_new_author(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            home, copy = f"{folder}/home", f"{folder}/copy"
            phone = self.blank(1, home)
            phone.enrol(self.office.invite(doorstep.Role.VOLUNTEER(), 1))
            self.sync(phone)
            phone.check(self.round, [self.look(0)])
            before = phone.enrolled()
            phone.close()
            shutil.copytree(home, copy)
            # Another phone: its marker is another.
            restored = self.blank(2, copy)
            restored.check(self.round, [self.look(1)])
            self.sync(restored)
            after = restored.enrolled()
            assert before and after
            self.assertNotEqual(before.author, after.author)
            self.assertEqual(before.persons, after.persons)
            self.assertEqual(restored.counters().only_here, 0)

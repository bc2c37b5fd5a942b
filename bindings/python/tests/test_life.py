"""Opening, wrong use and hard use; drafts, log, diagnosis; the end."""

from __future__ import annotations

import datetime
import gc
import pathlib
import tempfile
import threading

from street import EVENING, StreetTest

import doorstep
import doorstep.errors
from doorstep import Doorstep, LogLevel, Seen, Subject
from doorstep import doorstep_ffi as ffi


class Life(StreetTest):
    def test_before_enrolment_there_is_nobody(self) -> None:
        phone = self.blank()
        self.assertIsNone(phone.enrolled())
        with self.assertRaises(doorstep.NotEnrolled) as nobody:
            phone.counters()
        self.assertEqual(nobody.exception.code, "call.not_enrolled")
        with self.assertRaises(doorstep.Refused) as unreadable:
            phone.enrol("nonsense")
        self.assertEqual(unreadable.exception.code, "enrol.unreadable")

    def test_whoever_is_enrolled_has_a_role_and_an_area(self) -> None:
        enrolled = self.phone(role=doorstep.Role.CLERK()).enrolled()
        assert enrolled is not None
        self.assertEqual(enrolled.role, doorstep.Role.CLERK())
        self.assertEqual(enrolled.area, self.street.committee)
        self.assertEqual(enrolled.expires, EVENING + datetime.timedelta(days=365))
        self.assertEqual(len(bytes(enrolled.author)), 4)

    def test_another_areas_feed_can_be_held_too(self) -> None:
        phone = self.phone()
        phone.subscribe(self.street.committees[1])
        self.assertEqual(phone.areas(), self.street.committees[:2])
        with self.assertRaises(doorstep.NotFound) as missing:
            list(phone.cases(doorstep.AreaId("999999")))
        self.assertIn("999999", missing.exception.en)

    def test_an_hour_asleep_between_two_doors_is_an_hour(self) -> None:
        phone = self.phone()
        phone.check(self.round, [self.look(0)])
        self.clock.advance(3_600)
        self.assertEqual(phone.now(), EVENING + datetime.timedelta(hours=1))
        phone.check(self.round, [self.look(1)])
        # The clerk sets the wall clock a day ahead: what is stamped does not jump.
        self.clock.set(EVENING + datetime.timedelta(days=1))
        phone.check(self.round, [self.look(2)])
        times = [phone.asset(bottle).asset.checked_at for bottle in self.street.bottles[:3]]
        hour = EVENING + datetime.timedelta(hours=1)
        self.assertEqual(times, [EVENING, hour, hour])

    def test_an_hour_asleep_is_just_the_hour_in_which_two_persons_disagree(self) -> None:
        phone, other = self.phone(1), self.phone(2)
        phone.check(self.round, [self.look(0)])
        self.clock.advance(1)
        phone.check(self.round, [self.look(1)])
        self.clock.advance(3_600)
        # 60:01 after the first look, 60:00 after the second.
        missing = Seen.MISSING()
        other.check(self.round, [self.look(0, missing), self.look(1, missing)])
        for one in (phone, other, phone):
            self.sync(one)
        disputes = list(phone.disputes(self.street.committee))
        self.assertEqual([one.asset for one in disputes], [self.street.bottles[1]])

    def test_drafts_outlive_the_process_and_are_never_sent(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            with self.blank(1, folder) as phone:
                phone.set_draft("form:204", "没")
                phone.set_draft("form:204", "没人")
                phone.set_draft("page", "3号楼")
            with self.blank(1, folder) as phone:
                self.assertEqual(phone.draft("form:204"), "没人")
                self.assertEqual(phone.draft_keys("form:"), ["form:204"])
                phone.remove_draft("form:204")
                self.assertIsNone(phone.draft("form:204"))
                with self.assertRaises(doorstep.Refused) as long:
                    phone.set_draft("page", "x" * 10_000_000)
                self.assertEqual(long.exception.code, "draft.too_long")
                self.assertEqual(phone.draft("page"), "3号楼")

    def test_a_paused_replica_answers_nobody_until_it_resumes(self) -> None:
        phone = self.phone()
        phone.pause()
        with self.assertRaises(doorstep.Closed):
            phone.today()
        phone.resume()
        self.assertEqual(len(phone.today()), 1)
        phone.close()
        phone.close()
        with self.assertRaises(doorstep.Closed) as closed:
            phone.check(self.round, [self.look()])
        self.assertEqual(closed.exception.code, "call.closed")
        self.assertEqual(list(phone.changes(0)), [])

    def test_changes_are_told_until_the_end(self) -> None:
        phone = self.phone()
        before = phone.change
        heard: list[int] = []
        two = threading.Event()

        def listen() -> None:
            for number in phone.changes(before):
                heard.append(number)
                if number >= before + 2:
                    two.set()

        listener = threading.Thread(target=listen)
        listener.start()
        phone.check(self.round, [self.look(0)])
        phone.check(self.round, [self.look(1)])
        self.assertTrue(two.wait(30))
        phone.close()
        listener.join(30)
        self.assertFalse(listener.is_alive())
        self.assertEqual(heard[-1], before + 2)

    def test_log_and_diagnosis_tell_states_and_nobody(self) -> None:
        phone = self.phone()
        phone.set_log_level(LogLevel.DEBUG)
        phone.note(Subject.PLACE(self.street.doors[0]), "王阿婆不在家")
        with self.assertRaises(doorstep.Refused):
            phone.enrol("王阿婆")
        diagnosis = phone.diagnosis()
        self.assertEqual(diagnosis["replica"]["counters"]["only_here"], 1)
        self.assertIn("enrol", str(diagnosis["log"]))
        self.assertNotIn("王阿婆", str(diagnosis))
        lines = phone.log()
        self.assertEqual(lines.lost, 0)
        self.assertEqual(lines.lines[-1].level, LogLevel.DEBUG)
        self.assertEqual(lines.lines[-1].at, EVENING)
        self.assertIn("enrol.unreadable", lines.lines[-1].text)
        self.assertEqual(phone.log().lines, [])

    def test_a_fault_inside_is_an_error_and_not_the_end(self) -> None:
        with self.assertRaises(doorstep.Broken) as broken:
            with doorstep.errors.own_errors():
                ffi.panic_in_a_call()
        self.assertEqual(broken.exception.code, "call.broke")
        self.assertEqual(len(self.phone().today()), 1)


class WrongUse(StreetTest):
    def test_a_key_of_31_bytes(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaises(doorstep.BadArgument) as short:
                Doorstep(folder, key=b"x" * 31, marker=b"")
            self.assertEqual(short.exception.code, "call.key_length")
            self.assertEqual(short.exception.details, {"length": "31"})

    def test_a_key_for_a_library_that_does_not_encrypt(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaises(doorstep.StoreError) as plain:
                Doorstep(folder, key=b"x" * 32, marker=b"m")
            self.assertEqual(plain.exception.code, "store.key_mismatch")
            self.assertFalse(plain.exception.retryable)

    def test_a_second_opening_of_the_same_folder(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            with Doorstep(folder, marker=b"m"):
                with self.assertRaises(doorstep.StoreError) as second:
                    Doorstep(folder, marker=b"m")
                self.assertEqual(second.exception.code, "store.in_use")
                self.assertTrue(second.exception.retryable)

    def test_a_file_that_is_no_database_stays_as_it_is(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "doorstep.db"
            file.write_bytes(b"no database at all" * 500)
            with self.assertRaises(doorstep.StoreError):
                Doorstep(folder, marker=b"m")
            self.assertEqual(file.read_bytes(), b"no database at all" * 500)

    def test_a_note_over_its_limit_stays_with_the_caller(self) -> None:
        phone = self.phone()
        for length in (1_001, 10_000_000):
            text = "楼" * length
            with self.assertRaises(doorstep.Refused) as long:
                phone.note(Subject.PLACE(self.street.doors[0]), text)
            self.assertEqual(long.exception.code, "text.too_long")
            self.assertEqual(long.exception.details["most"], "1000")
        self.assertEqual(phone.counters().only_here, 0)

    def test_what_is_no_id_is_not_taken_for_one(self) -> None:
        for text in ("", "A", "AAAA", "not base64!", "AAAAAAAAAAAAAAAB="):
            with self.assertRaises(ValueError):
                doorstep.AssetId(text)
        with self.assertRaises(TypeError):
            doorstep.AssetId(7)  # type: ignore[arg-type]

    def test_nothing_of_the_core_is_left_behind(self) -> None:
        # The office of this test.
        gc.collect()
        before = ffi.live_objects()
        for seed in range(20):
            inner = ffi.open_for_test(None, None, b"m", self.clock, seed)
            phone = Doorstep._of(inner)
            phone.enrol(self.office.invite(doorstep.Role.VOLUNTEER(), 1))
            self.sync(phone)
            phone.talk().say()
            phone.close()
            del phone, inner
        gc.collect()
        self.assertEqual(ffi.live_objects(), before)


class HardUse(StreetTest):
    def written(self, text: str) -> str | None:
        phone = self.phone()
        phone.check(self.round, [self.look(0, note=text)])
        note = phone.asset(self.street.bottles[0]).history[0].note
        phone.close()
        return note

    def test_emoji_and_rare_hanzi_come_back_byte_for_byte(self) -> None:
        text = "🧯𠮷野家👨‍👩‍👧‍👦 𪚥 é"
        self.assertEqual(self.written(text), text)

    def test_half_a_surrogate_is_replaced(self) -> None:
        self.assertEqual(self.written("楼\ud83e道"), "楼\ufffd道")

    def test_what_the_caller_holds_stays_as_it_was(self) -> None:
        phone = self.phone()
        codes, photos = ["pressure_low\ud83e"], [doorstep.PhotoHash("A" * 43)]
        look = self.look(0, Seen.FAULTS(codes), note="楼\ud83e道", photos=photos)
        with self.assertRaises(doorstep.Refused):
            phone.check(self.round, [look])
        self.assertEqual((look.note, codes), ("楼\ud83e道", ["pressure_low\ud83e"]))
        self.assertIs(look.photos, photos)

    def test_a_whole_pair_of_surrogates_is_its_character(self) -> None:
        self.assertEqual(self.written("楼\ud83e\uddef"), "楼🧯")

    def test_nul_is_left_out(self) -> None:
        self.assertEqual(self.written("楼\0道"), "楼道")

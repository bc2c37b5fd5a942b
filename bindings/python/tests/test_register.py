"""The register: places, assets, labels, fields, notes, service, handouts."""

from __future__ import annotations

import datetime
import pathlib
import tempfile

from street import EVENING, StreetTest

import doorstep
from doorstep import (
    AssetState,
    Factory,
    Field,
    Month,
    NewAsset,
    NewPlace,
    NewService,
    NewValue,
    PlaceKind,
    Registration,
    ServiceKind,
    Subject,
)


class Register(StreetTest):
    def test_a_new_house_with_a_new_bottle(self) -> None:
        phone = self.phone()
        house = phone.add_place(
            NewPlace(kind=PlaceKind.BUILDING(), name="5号楼"), self.street.committee
        )
        shop = phone.add_place(
            NewPlace(kind=PlaceKind.PREMISES(), name="杂货店", parent=house, order=101)
        )
        label = phone.next_label()
        bottle = phone.add_asset(
            NewAsset(
                asset_type="extinguisher.dry_powder",
                place=shop,
                registration=Registration.FOUND_UNREGISTERED(),
                label=label,
                factory=Factory.MADE(Month.of(2019, 5)),
                size="4kg",
                maker_life_years=10,
            )
        )
        self.assertNotEqual(phone.next_label(), label)
        [bearer] = phone.bearers(label)
        self.assertEqual((bearer.asset, bearer.place), (bottle, None))
        self.assertEqual(
            (bearer.asset_type, bearer.place_name), ("extinguisher.dry_powder", "杂货店")
        )
        self.assertFalse(bearer.disputed)
        view = phone.asset(bottle).asset
        self.assertEqual((view.place, view.building), (shop, house))
        self.assertEqual((view.label, view.size, view.away), (label, "4kg", False))
        self.assertEqual(phone.place_name(shop), "5号楼 杂货店")
        [line] = phone.places(self.street.committee, house)
        self.assertEqual((line.id, line.kind, line.parent), (shop, PlaceKind.PREMISES(), house))
        self.assertEqual((line.order, line.name), (101, "杂货店"))
        self.assertEqual(
            [one.id for one in phone.assets(self.street.committee, building=house)], [bottle]
        )
        kind = phone.assets(self.street.committee, asset_type="alarm.smoke")
        self.assertEqual(len(list(kind)), 24)

    def test_a_label_is_on_a_place_too(self) -> None:
        phone = self.phone()
        label = phone.next_label()
        phone.set_field(Subject.PLACE(self.street.doors[0]), NewValue.LABEL(label))
        [bearer] = phone.bearers(label)
        self.assertEqual((bearer.place, bearer.asset), (self.street.doors[0], None))
        with self.assertRaises(doorstep.Refused) as refused:
            phone.set_field(Subject.PLACE(self.street.doors[0]), NewValue.LABEL("ABCDEFG0"))
        self.assertTrue(refused.exception.code.startswith("label."))

    def test_every_field_takes_its_value(self) -> None:
        phone = self.phone()
        door = Subject.PLACE(self.street.doors[0])
        bottle = Subject.ASSET(self.street.bottles[0])
        alarm = Subject.ASSET(self.street.alarms[0])
        for subject, value in [
            (door, NewValue.NAME("101甲")),
            (door, NewValue.ORDER(150)),
            (door, NewValue.HOUSEHOLD_STATE("empty")),
            (bottle, NewValue.FACTORY(Factory.UNREADABLE())),
            (bottle, NewValue.SIZE("1kg")),
            (bottle, NewValue.MAKER_LIFE(12)),
            (bottle, NewValue.ASSET_TYPE("extinguisher.water")),
            (bottle, NewValue.PLACE(self.street.doors[1])),
            (alarm, NewValue.BATTERY_MONTH(Month("2026-10"))),
            (alarm, NewValue.NOTHING(Field.FACTORY())),
        ]:
            phone.set_field(subject, value)
        sized = phone.set_field(bottle, NewValue.SIZE("1kg"))
        page = phone.asset(self.street.bottles[0])
        self.assertEqual(page.asset.factory, Factory.UNREADABLE())
        self.assertEqual((page.asset.size, page.asset.asset_type), ("1kg", "extinguisher.water"))
        self.assertEqual(page.asset.place, self.street.doors[1])
        said = {str(field.field): field for field in page.fields}
        size = said[str(Field.SIZE())]
        self.assertFalse(size.disputed)
        self.assertEqual([one.value for one in size.candidates], ["1kg"])
        self.assertEqual((size.candidates[0].entry, size.candidates[0].at), (sized, EVENING))
        self.assertEqual(phone.asset(self.street.alarms[0]).asset.factory, Factory.NOT_RECORDED())
        doors = {one.id: one for one in phone.places(self.street.committee, self.street.stairwell)}
        first = doors[self.street.doors[0]]
        self.assertEqual((first.name, first.order, first.state), ("101甲", 150, "empty"))
        with self.assertRaises(doorstep.Refused) as refused:
            phone.set_field(door, NewValue.SIZE("1kg"))
        self.assertEqual(refused.exception.code, "field.not_here")
        with self.assertRaises(doorstep.BadArgument):
            phone.set_field(door, NewValue.NOTHING(Field.OTHER(99)))

    def test_service_follows_an_asset_to_its_end(self) -> None:
        phone = self.phone()
        old, new = self.street.bottles[:2]
        november = Month("2026-11")
        phone.service(
            old, NewService(kind=ServiceKind.TAKEN_AWAY(), month=november, firm="平安消防")
        )
        self.assertTrue(phone.asset(old).asset.away)
        phone.service(
            old,
            NewService(kind=ServiceKind.REPLACED(), month=november, note="10.0.8-9", successor=new),
        )
        self.assertEqual(phone.asset(old).asset.ended, november)
        with self.assertRaises(doorstep.Refused) as refused:
            phone.service(new, NewService(kind=ServiceKind.SERVICED(), month=Month("2027-01")))
        self.assertEqual(refused.exception.code, "service.future")

    def test_words_and_photos_stand_beside_anything(self) -> None:
        phone = self.phone()
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "gauge.jpg"
            file.write_bytes(b"abc")
            photo = doorstep.name_photo(file)
        self.assertEqual(str(photo), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0")
        [check] = phone.check(
            self.round, [self.look(0, photos=[photo], factory=Factory.UNREADABLE())]
        )
        for subject in (
            Subject.PLACE(self.street.doors[0]),
            Subject.ASSET(self.street.bottles[0]),
            Subject.CASE(phone.found(self.hazard())),
            Subject.ENTRY(check),
        ):
            phone.note(subject, "王阿婆让先打电话", [photo])
        page = phone.asset(self.street.bottles[0])
        self.assertEqual(page.history[0].photos, [photo])
        self.assertEqual(page.asset.factory, Factory.UNREADABLE())
        with self.assertRaises(doorstep.StoreError) as missing:
            doorstep.name_photo("/nowhere/gauge.jpg")
        self.assertEqual(missing.exception.code, "store.io")

    def test_what_was_handed_out_is_written_down(self) -> None:
        phone = self.phone()
        line = doorstep.NewHandout(
            batch=self.street.batch,
            quantity=2,
            unit="只",
            item="extinguisher.dry_powder",
            day=datetime.date(2026, 11, 25),
        )
        phone.handout(self.street.doors[0], line)
        self.assertEqual(phone.counters().only_here, 1)
        line.quantity = 0
        with self.assertRaises(doorstep.Refused) as refused:
            phone.handout(self.street.doors[0], line)
        self.assertEqual(refused.exception.code, "handout.nothing")

    def test_a_list_is_filtered_by_state(self) -> None:
        phone = self.phone()
        phone.check(self.round, [self.look(0, doorstep.Seen.MISSING())])
        counts = {
            state: len(list(phone.assets(self.street.committee, state=state)))
            for state in AssetState
        }
        self.assertEqual(counts[AssetState.MISSING], 1)
        self.assertEqual(counts[AssetState.NEVER_CHECKED], 47)
        self.assertEqual(counts[AssetState.WAITING], 0)
        self.assertEqual(counts[AssetState.FAULTY], 0)
        self.assertEqual(counts[AssetState.NO_FACTORY_MONTH], 0)
        self.assertGreater(counts[AssetState.LOOK_DUE], 0)
        self.assertGreater(counts[AssetState.WORK_DUE], 0)

    def test_ten_thousand_rows_come_in_pages_and_none_twice(self) -> None:
        phone = self.phone()
        house = phone.add_place(NewPlace(kind=PlaceKind.BUILDING(), name="塔楼"))
        added = {
            phone.add_place(
                NewPlace(kind=PlaceKind.COMMON_PART(), name=f"{n}", parent=house, order=n // 3)
            )
            for n in range(10_000)
        }
        seen = [place.id for place in phone.places(self.street.committee, house)]
        self.assertEqual(len(seen), 10_000)
        self.assertEqual(set(seen), added)

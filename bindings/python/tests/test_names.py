"""Names of things: equal and ordered as their bytes."""

from __future__ import annotations

import base64
import copy
import pickle
import random
import unittest

from doorstep import AreaId, AssetId, AuthorTag, Month, PlaceId


class Names(unittest.TestCase):
    def test_names_are_ordered_as_their_bytes_and_not_as_their_texts(self) -> None:
        draw = random.Random(7)
        values = [draw.randbytes(draw.choice((12, 16))) for _ in range(500)]
        names = [AssetId(base64.urlsafe_b64encode(one).rstrip(b"=").decode()) for one in values]
        self.assertEqual([bytes(name) for name in sorted(names)], sorted(values))
        self.assertNotEqual(sorted(names), sorted(names, key=str))

    def test_one_kind_is_not_another(self) -> None:
        text = "AAAAAAAAAAAAAAAA"
        self.assertEqual(AssetId(text), AssetId(text))
        self.assertNotEqual(AssetId(text), PlaceId(text))
        self.assertEqual(len({AssetId(text), AssetId(text), PlaceId(text)}), 2)
        with self.assertRaises(TypeError):
            _ = AssetId(text) < PlaceId(text)  # type: ignore[operator]

    def test_a_name_does_not_change_and_is_copied_as_itself(self) -> None:
        name = AuthorTag("AAAAAA")
        with self.assertRaises(AttributeError):
            name.text = "BBBBBB"
        self.assertEqual(copy.deepcopy(name), name)
        self.assertEqual(pickle.loads(pickle.dumps(name)), name)
        self.assertEqual((str(name), repr(name)), ("AAAAAA", "AuthorTag('AAAAAA')"))

    def test_months_and_areas_are_texts_with_a_form(self) -> None:
        self.assertEqual(Month.of(2016, 1), Month("2016-01"))
        self.assertLess(Month("2015-12"), Month("2016-01"))
        self.assertEqual((Month("2016-11").year, Month("2016-11").month), (2016, 11))
        for text in ("2016", "2016-13", "16-01"):
            with self.assertRaises(ValueError):
                Month(text)
        with self.assertRaises(ValueError):
            AreaId("")

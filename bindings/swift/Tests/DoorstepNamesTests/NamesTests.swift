import Doorstep
import Foundation
import Testing

/// Names and dates: values of their own.
struct NamesTests {
    private let text = "AAAAAAAAAAAAAAAA"

    @Test("names are ordered as their bytes and not as their texts")
    func order() throws {
        var draw = Draw(state: 7)
        let names = (0..<500).map { _ in
            let bytes = Data((0..<(Bool.random(using: &draw) ? 12 : 16)).map { _ in UInt8.random(in: 0...255, using: &draw) })
            return AssetId(
                bytes.base64EncodedString().replacingOccurrences(of: "+", with: "-")
                    .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
            )
        }.compactMap(\.self)
        #expect(names.count == 500)
        let asBytes = names.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        #expect(names.sorted() == asBytes)
        #expect(names.sorted { Array($0.text.utf8).lexicographicallyPrecedes(Array($1.text.utf8)) } != asBytes)
    }

    @Test("one text is one name")
    func equality() throws {
        #expect(AssetId(text) == AssetId(text))
        #expect(Set([AssetId(text), AssetId(text)]).count == 1)
        #expect("\(try #require(CaseId(text)))" == text)
        #expect(try #require(EntryId(text)) < #require(EntryId("_AAAAAAAAAAAAAAA")))
        #expect(try #require(AreaId("310101019005")).bytes == Data("310101019005".utf8))
    }

    @Test(
        "what is no name is not taken for one",
        arguments: ["", "A", "AAAA", "not base64!", "AAAAAAAAAAAAAAAA=", "AAAAAAAAAAAAAAAB=", "楼", "AAAAAAAAAAAAAAA+"]
    )
    func wrong(text: String) {
        #expect(AssetId(text) == nil)
    }

    @Test("a name has the bytes of its kind", arguments: 0...40)
    func bytes(count: Int) {
        let text = Data(count: count).base64EncodedString().replacingOccurrences(of: "=", with: "")
        let things = [12, 16].contains(count)
        #expect((AssetId(text) != nil) == things)
        #expect((PlaceId(text) != nil) == things)
        #expect((CaseId(text) != nil) == things)
        #expect((PersonId(text) != nil) == things)
        #expect((EntryId(text) != nil) == things)
        #expect((AuthorTag(text) != nil) == (count == 4))
        #expect((PhotoHash(text) != nil) == (count == 32))
    }

    @Test("lengths and spare bits count")
    func lengths() {
        // Spare bits that are set.
        #expect(AuthorTag("AAAAAB") == nil)
        #expect(AuthorTag("AAAAAA") != nil)
        #expect(PhotoHash(text) == nil)
        #expect(AreaId("") == nil)
        #expect(PersonId(String(repeating: "x", count: 10_000_000)) == nil)
    }

    @Test("names are kept as texts, and nothing else is read as one")
    func kept() throws {
        let names = [try #require(AssetId(text))]
        let kept = try JSONEncoder().encode(names)
        #expect(String(decoding: kept, as: UTF8.self) == "[\"\(text)\"]")
        #expect(try JSONDecoder().decode([AssetId].self, from: kept) == names)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([AssetId].self, from: Data("[\"A\"]".utf8))
        }
    }

    @Test(
        "days are days of the calendar",
        arguments: [("1970-01-01", 0), ("2026-11-25", 20_782), ("2000-02-29", 11_016), ("1969-12-31", -1)] as [(String, Int32)]
    )
    func days(text: String, number: Int32) throws {
        let day = try #require(Day(text))
        #expect(day.number == number)
        #expect(Day(number: number).description == text)
        #expect(Day(day.year, day.month, day.day) == day)
        #expect(Day(of: day.start) == day)
        #expect(Day(of: day.start.addingTimeInterval(-1)).number == number - 1)
    }

    @Test("what is no day or month is none", arguments: ["2026-02-29", "2026-13-01", "2026-1-01", "2026-+1-01", "2026-11", ""])
    func noDay(text: String) {
        #expect(Day(text) == nil)
    }

    @Test("months are months")
    func months() throws {
        let month = try #require(Month("2026-10"))
        #expect(month == Month(2026, 10))
        #expect((month.year, month.month) == (2026, 10))
        #expect(month < Month(2026, 11)!)
        for wrong in ["2026-00", "2026-13", "2026-1", "26-10", "2026-+1"] { #expect(Month(wrong) == nil) }
    }
}

/// Numbers from a seed: splitmix64.
private struct Draw: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var drawn = state
        drawn = (drawn ^ (drawn >> 30)) &* 0xBF58_476D_1CE4_E5B9
        drawn = (drawn ^ (drawn >> 27)) &* 0x94D0_49BB_1331_11EB
        return drawn ^ (drawn >> 31)
    }
}

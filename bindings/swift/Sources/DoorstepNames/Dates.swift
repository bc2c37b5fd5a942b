// Local days and months. No clock is read here, and no zone but +08:00 is known.

import Foundation

/// A local day (+08:00), without a time.
public struct Day: Hashable, Comparable, Sendable, LosslessStringConvertible {
    /// Days since 1970-01-01.
    public let number: Int32

    /// The day so many days after 1970-01-01.
    public init(number: Int32) {
        self.number = number
    }

    /// The local day of a moment.
    public init(of moment: Date) {
        number = Int32(((moment.timeIntervalSince1970 + shift) / secondsOfDay).rounded(.down))
    }

    /// A day of the calendar; `nil` where the calendar has none such.
    public init?(_ year: Int, _ month: Int, _ day: Int) {
        guard let number = daysBefore(year, month, day) else { return nil }
        self.init(number: number)
        guard self.year == year, self.month == month, self.day == day else { return nil }
    }

    /// Reads `YYYY-MM-DD`.
    public init?(_ description: String) {
        let parts = description.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], let year = Int(parts[0]), let month = Int(parts[1]),
            let day = Int(parts[2])
        else { return nil }
        self.init(year, month, day)
        guard self.description == description else { return nil }
    }

    /// Year of the calendar.
    public var year: Int { date.year }

    /// Month, 1 to 12.
    public var month: Int { date.month }

    /// Day of the month, 1 to 31.
    public var day: Int { date.day }

    /// `YYYY-MM-DD`.
    public var description: String {
        let date = date
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
    }

    /// When it begins.
    public var start: Date { Date(timeIntervalSince1970: Double(number) * secondsOfDay - shift) }

    public static func < (one: Day, other: Day) -> Bool { one.number < other.number }

    /// The civil calendar without a table: eras of 400 years, years that begin in March.
    private var date: (year: Int, month: Int, day: Int) {
        let days = Int(number) + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let ofEra = days - era * 146_097
        let year = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let march = (5 * ofYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        return (year + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * march + 2) / 5 + 1)
    }
}

/// A month of the calendar.
public struct Month: Hashable, Comparable, Sendable, LosslessStringConvertible {
    /// `YYYY-MM`.
    public let text: String

    /// A month that the library told: its text is not looked at again.
    public init(text: String) {
        self.text = text
    }

    /// A month of a year from 0 to 9999; `nil` where there is none such.
    public init?(_ year: Int, _ month: Int) {
        guard (0...9_999).contains(year), (1...12).contains(month) else { return nil }
        text = "\(padded(year, 4))-\(padded(month, 2))"
    }

    /// Reads `YYYY-MM`.
    public init?(_ description: String) {
        let parts = description.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2], let year = Int(parts[0]), let month = Int(parts[1]) else { return nil }
        self.init(year, month)
        guard text == description else { return nil }
    }

    /// Year of the calendar.
    public var year: Int { Int(text.prefix(4)) ?? 0 }

    /// Month, 1 to 12.
    public var month: Int { Int(text.suffix(2)) ?? 0 }

    /// `YYYY-MM`.
    public var description: String { text }

    public static func < (one: Month, other: Month) -> Bool { one.text < other.text }
}

private let secondsOfDay = 86_400.0

/// +08:00.
private let shift = 28_800.0

private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

private func daysBefore(_ year: Int, _ month: Int, _ day: Int) -> Int32? {
    guard (0...9_999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
    let march = month <= 2 ? year - 1 : year
    let era = (march >= 0 ? march : march - 399) / 400
    let ofEra = march - era * 400
    let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return Int32(era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468)
}

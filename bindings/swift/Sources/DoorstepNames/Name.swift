// Names of things: one value type a kind, around the text that the console prints. Nothing here knows
// what is named. The kinds are in Names.swift.

import Foundation

/// A text that stands for bytes. Two names of one kind are equal and ordered as their bytes; names of two
/// kinds are different types.
public protocol Name: Hashable, Comparable, Codable, Sendable, LosslessStringConvertible {
    /// The name as the console prints it: base64url without padding; an area's is its code.
    var text: String { get }

    /// What ``text`` stands for.
    var bytes: Data { get }

    /// A name that the library told: its text is not looked at again.
    init(text: String)

    /// How many bytes names of this kind may have.
    static var lengths: [Int] { get }
}

extension Name {
    /// Reads what the console prints; `nil` where that is no name of this kind. There is one text a value:
    /// neither padding nor spare bits make a second.
    public init?(_ description: String) {
        guard let bytes = decoded(description), Self.lengths.contains(bytes.count) else { return nil }
        self.init(text: description)
    }

    public var bytes: Data { decoded(text) ?? Data() }

    /// The ``text``.
    public var description: String { text }

    public static func < (one: Self, other: Self) -> Bool {
        one.bytes.lexicographicallyPrecedes(other.bytes)
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let name = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no \(Self.self)")
        }
        self = name
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// The bytes of a text in base64url without padding, if it is the only text of these bytes.
func decoded(_ text: String) -> Data? {
    // Longer than any name: not worth decoding.
    guard text.utf8.count <= 64 else { return nil }
    var standard = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
    standard += String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
    guard let bytes = Data(base64Encoded: standard), encoded(bytes) == text else { return nil }
    return bytes
}

/// Bytes as the console prints them.
func encoded(_ bytes: Data) -> String {
    bytes.base64EncodedString()
        .replacingOccurrences(of: "+", with: "-")
        .replacingOccurrences(of: "/", with: "_")
        .replacingOccurrences(of: "=", with: "")
}

// The kinds of names. What all of them have in common is in Name.swift.

import Foundation

/// An asset, such as a fire extinguisher. 12 bytes, 16 of what was imported.
public struct AssetId: Name {
    public let text: String

    public init(text: String) {
        self.text = text
    }

    public static let lengths = [12, 16]
}

/// A place: a building, stairwell, household or premises. 12 bytes, 16 of what was imported.
public struct PlaceId: Name {
    public let text: String

    public init(text: String) {
        self.text = text
    }

    public static let lengths = [12, 16]
}

/// A case: a hazard or a repair. 12 bytes, 16 of what was imported.
public struct CaseId: Name {
    public let text: String

    public init(text: String) {
        self.text = text
    }

    public static let lengths = [12, 16]
}

/// A person who acts. What people are called stays at the office. 12 bytes, 16 of what was imported.
public struct PersonId: Name {
    public let text: String

    public init(text: String) {
        self.text = text
    }

    public static let lengths = [12, 16]
}

/// Something that was recorded. 12 bytes, 16 of what was imported.
public struct EntryId: Name {
    public let text: String

    public init(text: String) {
        self.text = text
    }

    public static let lengths = [12, 16]
}

/// A device, as the office knows it: 4 bytes.
public struct AuthorTag: Name {
    public let text: String

    public init(text: String) {
        self.text = text
    }

    public static let lengths = [4]
}

/// A photo, by the SHA-256 of its file: 32 bytes.
public struct PhotoHash: Name {
    public let text: String

    public init(text: String) {
        self.text = text
    }

    public static let lengths = [32]
}

/// An area, by its official code, such as `310101019005`. Its bytes are those of the code.
public struct AreaId: Name {
    public let text: String

    public init(text: String) {
        self.text = text
    }

    /// Reads a code; `nil` where there is none.
    public init?(_ description: String) {
        guard !description.isEmpty else { return nil }
        self.init(text: description)
    }

    public var bytes: Data { Data(text.utf8) }

    public static let lengths: [Int] = []
}

// What a lane of the story is told: what to do, and where. Read from the file that the stage writes.

import Foundation

struct Scene: Decodable {
    let script: Script
    let folder: String
    let invitations: [String]
    let stranger: String
    let photo: String
    let smallDisk: String?
    /// The right one and a wrong one in hex, where the library encrypts.
    let keys: [String]?

    struct Script: Decodable {
        let area: String
        let building: String
        let photoOf: String
        let undone: String
        let contradicted: String
        let doors: [Door]
        let hazards: [Hazard]
    }

    struct Door: Decodable {
        let name: String
        let outcome: String
        let label: String
        let faults: [String]
        let missing: Bool
        let note: String?
    }

    struct Hazard: Decodable {
        let kind: String
        let level: UInt8
        let note: String?
    }

    static func read(_ file: String) throws -> Scene {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Scene.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
    }

    func key(_ number: Int) -> Data? {
        guard let text = keys?[number].utf8.map({ $0 }) else { return nil }
        return Data(stride(from: 0, to: text.count, by: 2).map { at in
            UInt8(String(decoding: text[at...(at + 1)], as: UTF8.self), radix: 16) ?? 0
        })
    }
}

/// What is printed at the end.
enum Json: Encodable {
    case nothing
    case flag(Bool)
    case number(Int)
    case text(String)
    case list([Json])
    case object([String: Json])

    static func texts(_ all: [String?]) -> Json { .list(all.map(Json.maybe)) }

    static func maybe(_ text: String?) -> Json { text.map(Json.text) ?? .nothing }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .nothing: try container.encodeNil()
        case .flag(let flag): try container.encode(flag)
        case .number(let number): try container.encode(number)
        case .text(let text): try container.encode(text)
        case .list(let list): try container.encode(list)
        case .object(let object): try container.encode(object)
        }
    }
}

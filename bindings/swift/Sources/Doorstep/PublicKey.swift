// The public key in a certificate, read from its bytes: the one thing by which the office is known. Names,
// dates and issuers are not looked at.

import Foundation

/// Reads certificates.
package enum PublicKey {
    /// The SubjectPublicKeyInfo of an X.509 certificate in DER, as it stands in it; `nil` where the bytes
    /// are none.
    package static func info(ofCertificate certificate: Data) -> Data? {
        var whole = Der(certificate)
        guard var signed = whole.open(.sequence), var fields = signed.open(.sequence) else { return nil }
        // [0] version, which may be absent; serial, signature, issuer, validity, subject.
        _ = fields.take(.version)
        for tag in [Der.Tag.integer, .sequence, .sequence, .sequence, .sequence] where fields.take(tag) == nil {
            return nil
        }
        return fields.take(.sequence)
    }
}

/// A reader of DER elements of definite length.
private struct Der {
    enum Tag: UInt8 {
        case integer = 0x02
        case sequence = 0x30
        case version = 0xA0
    }

    private var rest: Data

    init(_ bytes: Data) {
        rest = bytes
    }

    /// The next element with its head, if it has this tag.
    mutating func take(_ tag: Tag) -> Data? {
        guard let (head, length) = head(tag), rest.count - head >= length else { return nil }
        let element = rest.prefix(head + length)
        rest = rest.dropFirst(head + length)
        return Data(element)
    }

    /// What is in the next element, if it has this tag.
    mutating func open(_ tag: Tag) -> Der? {
        guard let (head, _) = head(tag), let element = take(tag) else { return nil }
        return Der(element.dropFirst(head))
    }

    /// Bytes of its head, and of what follows.
    private func head(_ tag: Tag) -> (Int, Int)? {
        let bytes = rest.prefix(6).map { Int($0) }
        guard bytes.count >= 2, bytes[0] == Int(tag.rawValue) else { return nil }
        if bytes[1] < 0x80 { return (2, bytes[1]) }
        let digits = bytes[1] & 0x7F
        guard (1...4).contains(digits), bytes.count >= 2 + digits else { return nil }
        return (2 + digits, bytes[2..<(2 + digits)].reduce(0) { $0 << 8 | $1 })
    }
}

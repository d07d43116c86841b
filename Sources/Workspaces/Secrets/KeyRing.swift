package import Crypto

/// Keys with names: the first is used for what is new, all of them for what is there, so that a new one is put in front and the old
/// one stays for as long as it is needed.
///
///     2026-07:5b0c…e1,2026-01:9f4a…07        id, colon, what the key is; commas between them
package struct KeyRing: Sendable {
    /// Why a text is no list of keys. It never quotes one.
    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String

        package init(description: String) {
            self.description = description
        }
    }

    package struct Key: Sendable {
        package let id: String
        package let key: SymmetricKey
    }

    private let keys: [Key]

    package static let empty = KeyRing(keys: [])

    private init(keys: [Key]) {
        self.keys = keys
    }

    /// - Parameters:
    ///   - text: as above.
    ///   - word: what stands behind the colon, as a fault names it.
    ///   - key: makes a key of what stands behind the colon.
    package init(
        _ text: String, of word: String, _ key: (_ id: String, _ value: Substring) throws(Fault) -> SymmetricKey
    ) throws(Fault) {
        var keys: [Key] = []
        for (index, part) in text.split(separator: ",", omittingEmptySubsequences: false).enumerated() {
            let words = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard words.count == 2 else { throw Fault(description: "key \(index + 1) is not of the form id:\(word)") }
            let id = String(words[0])
            guard Self.isID(id) else {
                throw Fault(
                    description: "the id of key \(index + 1) is not 1 to 63 lower-case letters, digits, `.`, `_` and `-`, a letter or digit first")
            }
            let made = try key(id, words[1])
            guard !keys.contains(where: { $0.id == id }) else { throw Fault(description: "there are two keys \(id)") }
            keys.append(Key(id: id, key: made))
        }
        self.keys = keys
    }

    /// The key for what is new; nil where there are none.
    package var first: Key? { keys.first }

    package func key(_ id: String) -> SymmetricKey? { keys.first { $0.id == id }?.key }

    private static func isID(_ text: String) -> Bool {
        func isWord(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard (1...63).contains(text.utf8.count), let first = text.utf8.first, isWord(first) else { return false }
        return text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
    }
}

import ArgumentParser
import Crypto
import Foundation

/// JSON as a person reads it.
enum PrettyJSON {
    static func text(_ data: Data) throws -> String {
        let value = try JSONSerialization.jsonObject(with: data, options: [.fragmentsAllowed])
        let pretty = try JSONSerialization.data(
            withJSONObject: value, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes, .fragmentsAllowed])
        return String(decoding: pretty, as: UTF8.self)
    }
}

/// A word that goes into a path as it is: ids and names. Anything else is a misuse, told before a request is made.
enum PathWord {
    static func checked(_ word: String) throws -> String {
        let isPlain =
            !word.isEmpty
            && word.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5a).contains($0 & 0xdf) || $0 == 0x2d || $0 == 0x5f || $0 == 0x2e }
        guard isPlain else { throw ValidationError("\"\(word)\" is no id or name") }
        return word
    }
}

/// A short digest for keys that must be the same tomorrow.
enum StableDigest {
    static func text(_ text: String) -> String {
        SHA256.hash(data: Data(text.utf8)).prefix(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

import Crypto

/// One step of the schema: a file that is run once and never changed afterwards.
///
/// One exception: a file that no server runs any more, because a release of PostgreSQL refuses what it does, is corrected. It says
/// which texts it takes the place of, each in a line of its own, and a later file does the same for databases that ran those:
///
/// ```
/// -- corrects <SHA-256 of the text before, in hexadecimal>
/// ```
package struct Migration: Sendable, Equatable {
    package let number: Int
    /// The words of the file's name: `engine` of `0003_engine.sql`.
    package let name: String
    package let text: String
    /// SHA-256 of the text, in hexadecimal.
    package let digest: String
    /// Digests of the texts that this one takes the place of.
    let corrects: Set<String>

    /// - Throws: `MigrationError.malformedName` unless `file` is `NNNN_words.sql`.
    init(file: String, text: String) throws(MigrationError) {
        let parts = file.split(separator: "_", maxSplits: 1)
        guard parts.count == 2, parts[0].utf8.count == 4, let number = Int(parts[0]), number > 0,
            parts[1].hasSuffix(".sql"), case let name = parts[1].dropLast(4), !name.isEmpty,
            name.utf8.allSatisfy({
                ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z")) || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
                    || $0 == UInt8(ascii: "_")
            })
        else { throw .malformedName(file) }
        self.number = number
        self.name = String(name)
        self.text = text
        digest = SHA256.hash(data: Array(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
        corrects = Set(text.split(separator: "\n").filter { $0.hasPrefix(Self.correction) }.map { String($0.dropFirst(Self.correction.count)) })
    }

    private static let correction = "-- corrects "

    /// The file's name.
    package var file: String { Self.fileName(number: number, name: name) }

    static func fileName(number: Int, name: String) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + "\(digits)_\(name).sql"
    }

    static func ordered(_ files: [(name: String, text: String)]) throws(MigrationError) -> [Migration] {
        var result: [Migration] = []
        for (name, text) in files { result.append(try Migration(file: name, text: text)) }
        result.sort { $0.number < $1.number }
        for (one, next) in zip(result, result.dropFirst()) where one.number == next.number {
            throw .sameNumber(one.file, next.file)
        }
        return result
    }
}

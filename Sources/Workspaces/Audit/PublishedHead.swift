package import Foundation
import Jobs
import Web

/// A checkpoint as a file that is kept where those who may write to the database may not: a repository, a printed page, another
/// company.
///
/// ```json
/// {"at":"2026-01-31T08:30:00.000Z","hash":"e9f8…7f35","key_id":"2026-01","microseconds":1769848200000000,"sequence":1042,
///  "signature":"5b0c…e1","version":1}
/// ```
package enum PublishedHead {
    /// Why a file is no head of a log.
    package struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    private struct Document: Codable {
        let version: Int
        let sequence: Int
        let hash: String
        /// For people; `microseconds` counts.
        let at: String?
        let microseconds: Int64
        let keyID: String?
        let signature: String?

        private enum CodingKeys: String, CodingKey {
            case version, sequence, hash, at, microseconds, signature
            case keyID = "key_id"
        }
    }

    /// The file's bytes, with a line end.
    package static func data(of checkpoint: AccessLogCheckpoint) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let at = Date(timeIntervalSince1970: Double(checkpoint.microseconds) / 1_000_000)
        let document = Document(
            version: 1, sequence: checkpoint.sequence, hash: checkpoint.hash.hexadecimal,
            at: WireCoding.text(at), microseconds: checkpoint.microseconds, keyID: checkpoint.keyID,
            signature: checkpoint.signature.map { $0.hexadecimal })
        return try encoder.encode(document) + [UInt8(ascii: "\n")]
    }

    /// - Throws: `Fault` for anything that ``data(of:)`` does not write.
    package static func checkpoint(in data: Data) throws(Fault) -> AccessLogCheckpoint {
        let document: Document
        do {
            document = try JSONDecoder().decode(Document.self, from: data)
        } catch {
            throw Fault(description: "this is no head of an access log, as `mainstay audit verify --checkpoint` writes it")
        }
        guard document.version == 1 else { throw Fault(description: "version \(document.version) of the file is not known; wanted is 1") }
        guard document.sequence > 0, let hash = HexText.bytes(document.hash), hash.count == 32 else {
            throw Fault(description: "the head has no number above 0, or no hash of 64 hexadecimal digits")
        }
        guard (document.keyID == nil) == (document.signature == nil) else { throw Fault(description: "the head has half of a signature") }
        let signature = document.signature.map { HexText.bytes($0) ?? [] }
        return AccessLogCheckpoint(
            sequence: document.sequence, hash: hash, microseconds: document.microseconds, keyID: document.keyID, signature: signature)
    }
}

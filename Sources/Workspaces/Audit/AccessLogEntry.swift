package import Foundation

/// One entry as the log has it, words and all: a later release may know more actions than this one, and somebody may have written
/// into the table.
package struct AccessLogEntry: Sendable, Hashable {
    /// 1, 2, 3, …
    package let sequence: Int
    /// Microseconds since 1970, exact as the database has them.
    package let microseconds: Int64
    package let workspace: UUID?
    package let actorKind: String
    package let actor: String
    package let action: String
    package let subject: String
    /// Nil when they are not texts by names, which nothing of ours writes.
    package let details: [String: String]?
    package let previousHash: [UInt8]
    package let hash: [UInt8]

    package var at: Date { Date(timeIntervalSince1970: Double(microseconds) / 1_000_000) }

    /// Whether the hash is that of these fields.
    var isWhole: Bool { AccessLogForm.hash(of: self, at: sequence) == hash }
}

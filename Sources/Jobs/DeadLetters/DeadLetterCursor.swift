package import Foundation

/// A place in the list of dead letters, which begins with the newest.
package struct DeadLetterCursor: Sendable, Hashable, Codable {
    /// When the letter before it died, in microseconds since 1970: in milliseconds, as the API writes times, two letters could
    /// change places.
    package let microseconds: Int64
    package let id: UUID

    /// The place behind a letter.
    package init(_ line: DeadLetterLine) {
        microseconds = Int64((line.diedAt.timeIntervalSince1970 * 1_000_000).rounded())
        id = line.key.id
    }

    var diedAt: Date { Date(timeIntervalSince1970: Double(microseconds) / 1_000_000) }
}

import Foundation

/// When a worker had a provider's words in its hands, in microseconds since 1970.
///
/// It goes with the announcement of an event and never to a client, so that an ingress can tell how long the event took from the
/// worker to the client's socket. It is the wall clock's, which is the only one that two processes share on every system: exact
/// where both run on one machine, and no better than the agreement of two clocks where they do not.
struct ReceiptTime: Sendable, Hashable {
    let microseconds: Int64

    init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    static var now: ReceiptTime { ReceiptTime(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }

    /// Seconds from this time to a later one; below zero where the clocks of two machines differ by more than the way took.
    func seconds(to later: ReceiptTime) -> Double { Double(later.microseconds - microseconds) / 1_000_000 }

    // MARK: In an announcement

    /// What stands where an event has its payload, which begins with a brace.
    private static let mark = UInt8(ascii: "@")

    /// Reads `@<microseconds>`; nil for a payload.
    init?(line: [UInt8]) {
        guard line.first == Self.mark, let microseconds = Int64(String(decoding: line.dropFirst(), as: UTF8.self)) else { return nil }
        self.init(microseconds: microseconds)
    }
}

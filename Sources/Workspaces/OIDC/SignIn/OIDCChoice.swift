import Foundation

/// Whose account has signed in and is a member of several workspaces: what its browser keeps until one is chosen, as long as an attempt.
struct OIDCChoice: Sendable, Equatable {
    let account: UUID
    /// Holds its own word for the form, its end, and where it leads.
    let attempt: OIDCAttempt

    init(_ account: UUID, next: String, now: Date) {
        self.account = account
        attempt = OIDCAttempt(next: next, now: now)
    }

    // MARK: Bytes

    var bytes: [UInt8] {
        withUnsafeBytes(of: account.uuid) { Array($0) } + attempt.bytes
    }

    init?(bytes: [UInt8]) {
        guard bytes.count > 16, let attempt = OIDCAttempt(bytes: Array(bytes[16...])) else { return nil }
        account = Array(bytes[..<16]).withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
        self.attempt = attempt
    }
}

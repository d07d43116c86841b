package import Foundation

/// That somebody showed a token a while ago, or signed in with an account of the identity provider. It names the token or the account, and
/// holds nothing that opens a door.
package struct TokenSession: Sendable, Hashable {
    /// The token's id, or what stands for the account's tokens (``ExternalIdentity/id``).
    package let token: UUID
    /// The one that the token belongs to, or that was chosen.
    package let workspace: UUID
    /// Tells sessions of the same token apart.
    package let nonce: UInt64
    /// Seconds since 1970.
    package let begun: UInt64
    package let ends: UInt64

    /// Without a request for so long it is over.
    package static let idle: Duration = .seconds(30 * 60)
    /// So long after the sign-in it is over in any case.
    package static let longest: Duration = .seconds(12 * 3600)

    private init(token: UUID, workspace: UUID, nonce: UInt64, begun: UInt64, ends: UInt64) {
        self.token = token
        self.workspace = workspace
        self.nonce = nonce
        self.begun = begun
        self.ends = ends
    }

    /// Begins one.
    package init(token: UUID, workspace: UUID, now: Date) {
        let now = Self.seconds(now)
        self.init(
            token: token, workspace: workspace, nonce: .random(in: .min ... .max), begun: now,
            ends: now + UInt64(Self.idle.components.seconds))
    }

    /// Whether somebody signed in with an account, and showed no token of ours: the ids of the two are of different versions.
    package var isOfAccount: Bool { WatchSubject.isAccount(token) }

    package func isOver(at now: Date) -> Bool { Self.seconds(now) >= ends }

    /// Whether even a page that stands open ends: watching is using, but not for ever.
    package func isUsedUp(at now: Date) -> Bool { Self.seconds(now) >= begun + UInt64(Self.longest.components.seconds) }

    /// The same session with all of its time again, once a minute of it is used up; nil before that, and at its end.
    package func renewed(at now: Date) -> TokenSession? {
        let (now, idle) = (Self.seconds(now), UInt64(Self.idle.components.seconds))
        guard now + idle > ends + 60 else { return nil }
        let end = min(now + idle, begun + UInt64(Self.longest.components.seconds))
        return end > ends ? TokenSession(token: token, workspace: workspace, nonce: nonce, begun: begun, ends: end) : nil
    }

    private static func seconds(_ date: Date) -> UInt64 { UInt64(max(0, date.timeIntervalSince1970)) }

    /// Names it: the same in everything that it is renewed to.
    package var id: UUID {
        // Its number and its beginning.
        Array(bytes[32..<48]).withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }

    // MARK: Bytes

    /// Its fixed form: 56 bytes.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for id in [token, workspace] { withUnsafeBytes(of: id.uuid) { bytes.append(contentsOf: $0) } }
        for number in [nonce, begun, ends] { withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) } }
        return bytes
    }

    package init?(bytes: [UInt8]) {
        guard bytes.count == 56 else { return nil }
        func id(at start: Int) -> UUID {
            Array(bytes[start..<start + 16]).withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
        }
        func number(at start: Int) -> UInt64 { bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(token: id(at: 0), workspace: id(at: 16), nonce: number(at: 32), begun: number(at: 40), ends: number(at: 48))
    }
}

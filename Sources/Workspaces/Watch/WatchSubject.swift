import Crypto
package import Foundation
import Jobs

/// Whom a signal is about.
package enum WatchSubject: Sendable, Hashable {
    case token(UUID, workspace: UUID)
    /// An account of the identity provider that has named a workspace which is not its own: so of none. By the id that stands for its
    /// tokens.
    case account(UUID)
    /// Where a request came from: an address, or another name that its sender does not choose.
    case source(String)
    /// A request of which nobody says where it came from. Nobody is slowed or locked for it.
    case unknown

    /// - Parameter source: as whoever mounts the watch knows it; nil or empty where it is not known.
    init(source: String?) {
        guard let source, !source.isEmpty else {
            self = .unknown
            return
        }
        self = .source(String(source.prefix(WatchBounds.name)))
    }

    /// Whom the log names. A token by its id; a source by a hash that holds for this process only, since an address tells of a
    /// person, and the log never forgets. (The process's own log, which does, has both.)
    var entry: AccessSubject {
        switch self {
        case .token(let id, _), .account(let id): .token(id)
        case .source(let name): .source(SourceMark.text(of: name))
        case .unknown: .source("unknown")
        }
    }

    /// The token that has a row of its own, which a lock is written to. An identity of an issuer has none; its id is of version 8.
    var storedToken: (id: UUID, workspace: UUID)? {
        guard case .token(let id, let workspace) = self, !Self.isAccount(id) else { return nil }
        return (id, workspace)
    }

    /// Whether an id stands for the tokens of an account, and for none of ours.
    static func isAccount(_ id: UUID) -> Bool { id.uuid.6 >> 4 == 8 }

    /// The workspace that it belongs to.
    var workspace: UUID? {
        if case .token(_, let workspace) = self { return workspace }
        return nil
    }

    /// For the process's own log.
    var name: String {
        switch self {
        case .token(let id, _), .account(let id): id.lowercased
        case .source(let name): AccessText.bounded(name)
        case .unknown: "unknown"
        }
    }
}

/// What stands for a source where its name must not.
enum SourceMark {
    private static let key = SymmetricKey(size: .bits256)

    static func text(of name: String) -> String {
        Array(HMAC<SHA256>.authenticationCode(for: Array(name.utf8), using: key).prefix(8)).hexadecimal
    }
}

import Foundation
import Synchronization

/// A token that was shown.
struct TokenUse: Sendable, Hashable {
    let workspace: UUID
    let token: UUID
}

/// Tokens that were used since somebody last asked. Bounded: beyond it a use is not noted, for `last_used_at` is a help
/// and no record.
final class TokenUses: Sendable {
    private static let bound = 10_000
    private let uses = Mutex<Set<TokenUse>>([])

    func note(_ use: TokenUse) {
        uses.withLock { uses in
            if uses.count < Self.bound { uses.insert(use) }
        }
    }

    /// What was noted, which is forgotten here.
    func take() -> [TokenUse] {
        uses.withLock { uses in
            defer { uses.removeAll(keepingCapacity: true) }
            return Array(uses)
        }
    }
}

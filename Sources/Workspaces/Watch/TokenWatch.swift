import Hummingbird
import Web

/// What the watch is told of a token's requests, wherever they are answered: by the API, or by pages to whoever signed in with it.
struct TokenWatch<C: Clock>: Sendable where C.Duration == Duration {
    let watch: AccessWatch<C>

    static func subject(of identity: Identity) -> WatchSubject { .token(identity.tokenID, workspace: identity.workspace) }

    /// Lets a token's request go on, at once or after a while.
    /// - Throws: as ``AccessWatch/admit(_:)``.
    func admit(_ identity: Identity) async throws {
        guard watch.isRestricting else { return }
        try await watch.admit(Self.subject(of: identity))
        // An account that has asked around in others' workspaces is slow in its own ones too.
        if WatchSubject.isAccount(identity.tokenID) { try await watch.admit(.account(identity.tokenID)) }
    }

    /// - Parameter identity: of who asked. In pages its slug may be empty, where none is needed.
    func note(_ fault: WatchedFault, _ identity: Identity, _ context: AppContext) {
        let subject = Self.subject(of: identity)
        let isSpared = identity.isOperator
        switch fault {
        case .withheld:
            let parameters = context.parameters
            // Without an id in the path there is none to walk along: the token lacks a scope, say.
            guard !parameters.isEmpty else { return }
            watch.noted(.idWalking, of: subject, thing: WatchedThing.mark(parameters.map { $0.value }), isSpared: isSpared)
            if let owner = WatchedThing.owner(in: context), owner != identity.workspaceSlug {
                watch.noted(.foreignWorkspaces, of: subject, thing: WatchedThing.mark([owner[...]]), isSpared: isSpared)
            }
        case .keyReused: watch.noted(.keyReuse, of: subject, isSpared: isSpared)
        case .signatureRefused: watch.noted(.badSignatures, of: subject, isSpared: isSpared)
        // Whoever has come in so far has shown a good token, of a workspace of its own.
        case .tokenRefused, .stranger: return
        }
    }

    /// A fork was accepted that is no repetition.
    func noteFork(_ identity: Identity) {
        watch.noted(.forkBurst, of: Self.subject(of: identity), isSpared: identity.isOperator)
    }
}

/// What a signal counts once, however often it comes.
enum WatchedThing {
    /// The workspace that a path names, where it names one and something of it.
    static func owner(in context: AppContext) -> String? {
        let parameters = context.parameters
        guard parameters.get("name") != nil else { return nil }
        // The API's router has one word for an agent's id and for its owner; with a name behind it, it is the owner.
        return parameters.get("agent") ?? parameters.get("owner")
    }

    /// The same for the same words, in this process.
    static func mark(_ words: [Substring]) -> UInt64 {
        var hasher = Hasher()
        for word in words { hasher.combine(word) }
        return UInt64(truncatingIfNeeded: hasher.finalize())
    }
}

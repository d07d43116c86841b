/// What the watch looks for. The list is closed, for each is a label of `mainstay_suspicious_access_total`.
package enum WatchSignal: String, Sendable, Hashable, CaseIterable {
    /// A token asks for one id after the other that it does not get: 403 or 404.
    case idWalking = "id-walking"
    /// A token asks for what many other workspaces keep to themselves.
    case foreignWorkspaces = "foreign-workspaces"
    /// A source sends what is not signed as it should be.
    case badSignatures = "bad-signatures"
    /// A source shows tokens, or on pages codes of invitations, that are expired, revoked or never were.
    case refusedTokens = "refused-tokens"
    /// A token sends one Idempotency-Key with different requests.
    case keyReuse = "key-reuse"
    /// A token forks agents by the dozen, as somebody does who wants many copies to be found in place of the originals.
    case forkBurst = "fork-burst"
}

/// What is done about a signal. In rising order, and each does what those before it do.
package enum WatchResponse: Int, Sendable, Hashable, Comparable, CaseIterable {
    /// An entry in the access log, and a line at `notice`.
    case log
    /// The line is at `warning`, which alarms hang on.
    case alert
    /// Each request of the subject waits a second before it is begun.
    case slow
    /// Each request of the subject is refused with 429; of a token, at every ingress.
    case lock

    /// As the access log writes it.
    var name: String {
        switch self {
        case .log: "log"
        case .alert: "alert"
        case .slow: "slow"
        case .lock: "lock"
        }
    }

    package static func < (one: WatchResponse, other: WatchResponse) -> Bool { one.rawValue < other.rawValue }
}

/// An agent as its own workspace's pages show it: with what is public of it, and with the original that it was made of.
package struct OwnAgent: Sendable {
    /// What the directory has of an agent.
    package struct Listed: Sendable, Equatable {
        /// Nil where the release before this one published it.
        package let version: SemanticVersion?
        /// Of the agent's own history.
        package let number: Int
        package let status: ListingStatus
        package let reason: String?
    }

    /// What a fork was made of, as far as it is listed still.
    package struct Original: Sendable, Equatable {
        /// Its address of today, which may be another one than the fork knows.
        package let owner: String
        package let name: String
        package let status: ListingStatus
        /// The version that it shows now; nil where the release before this one published it.
        package let latest: SemanticVersion?
        /// The version that was copied; nil where it was published without one.
        package let copied: SemanticVersion?
        /// Publications since the copied version.
        package let behind: Int
    }

    package let agent: Agent
    /// Nil for one that only its workspace sees.
    package let listed: Listed?
    /// Nil for what is no fork, and where the original is listed no more.
    package let original: Original?
}

/// The same with its newest version, for a page of its own.
package struct OwnAgentDetail: Sendable {
    package let own: OwnAgent
    package let version: AgentVersion
    /// The plugins that the newest version names.
    package let plugins: [PluginReference]
    /// Places of the newest version that look like keys: while there are any it cannot be published.
    package let findings: [KeyFinding]
}

/// What became of a wish to publish, or to take back.
package enum PublishingResult: Sendable {
    /// - Parameters:
    ///   - isNew: false for a version that had been published before.
    ///   - isShown: whether the directory shows this version.
    case published(version: SemanticVersion, isNew: Bool, isShown: Bool)
    case takenBack
    case refused(PublishingRefusal)
}

/// Why something was not published or taken back, for people.
package struct PublishingRefusal: Sendable {
    package let title: String
    package let detail: String
    /// Of the answer: 404, 409, 410 or 422.
    package let status: Int
    /// Places that look like keys; empty where it is for another reason.
    package let findings: [KeyFinding]
}

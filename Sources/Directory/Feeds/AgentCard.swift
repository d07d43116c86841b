import Workspaces

/// An agent as other agents find it: A2A's agent card, with all members that it requires.
///
/// The interface is Mainstay's own way to start a run and follow its events, and says so by its binding: a client that speaks none
/// but A2A's bindings sees that it cannot talk to it.
struct AgentCard: Encodable, Sendable {
    struct Interface: Encodable, Sendable {
        let url: String
        let protocolBinding: String
        let protocolVersion: String
    }

    struct Capabilities: Encodable, Sendable {
        let streaming: Bool
        let pushNotifications: Bool
    }

    struct Skill: Encodable, Sendable {
        let id: String
        let name: String
        let description: String
        let tags: [String]
    }

    struct Provider: Encodable, Sendable {
        let organization: String
        let url: String
    }

    let name: String
    let description: String
    let version: String
    let supportedInterfaces: [Interface]
    let capabilities: Capabilities
    let defaultInputModes: [String]
    let defaultOutputModes: [String]
    let skills: [Skill]
    let provider: Provider
    let documentationUrl: String

    /// - Parameter base: the beginning of addresses.
    init(_ listing: Listing, base: String) {
        // Both have to say something.
        let words = listing.summary.isEmpty ? listing.displayName : listing.summary
        name = listing.displayName
        description = words
        version = listing.semanticVersion?.description ?? "0.0.\(listing.version)"
        supportedInterfaces = [Interface(url: "\(base)/v1/runs", protocolBinding: "urn:mainstay:runs", protocolVersion: "1.0")]
        capabilities = Capabilities(streaming: true, pushNotifications: false)
        defaultInputModes = ["text/plain"]
        defaultOutputModes = ["text/plain"]
        let tags = listing.topics.isEmpty ? ["conversation"] : Array(listing.topics.prefix(20))
        skills = [Skill(id: "conversation", name: listing.displayName, description: words, tags: tags)]
        provider = Provider(organization: listing.owner, url: "\(base)/v1/directory?owner=\(listing.owner)")
        documentationUrl = "\(base)/agents/\(listing.owner)/\(listing.name)"
    }
}

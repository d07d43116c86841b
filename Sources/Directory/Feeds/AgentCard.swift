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

    /// Who stands behind the owner, where operators have verified it; else the owner as it calls itself.
    struct Provider: Encodable, Sendable {
        let organization: String
        let url: String
    }

    /// How a caller shows who it is; one member, named for the kind.
    struct SecurityScheme: Encodable, Sendable {
        struct HTTPAuth: Encodable, Sendable {
            let scheme: String
            let description: String
        }

        let httpAuthSecurityScheme: HTTPAuth
    }

    /// Schemes that are needed together, by their names, each with the scopes that it needs.
    struct SecurityRequirement: Encodable, Sendable {
        struct Scopes: Encodable, Sendable {
            let list: [String]
        }

        let schemes: [String: Scopes]
    }

    let name: String
    let description: String
    let version: String
    let supportedInterfaces: [Interface]
    let capabilities: Capabilities
    let securitySchemes: [String: SecurityScheme]
    let securityRequirements: [SecurityRequirement]
    let defaultInputModes: [String]
    let defaultOutputModes: [String]
    let skills: [Skill]
    let provider: Provider
    let documentationUrl: String

    /// What it takes to start a run and to follow it.
    private static let scopes = [Scope.runsRead, .runsWrite].map(\.rawValue)

    /// - Parameter base: the beginning of addresses.
    init(_ listing: Listing, base: String) {
        // Both have to say something.
        let words = listing.summary.isEmpty ? listing.displayName : listing.summary
        name = listing.displayName
        description = words
        version = listing.semanticVersion?.description ?? "0.0.\(listing.version)"
        supportedInterfaces = [Interface(url: "\(base)/v1/runs", protocolBinding: "urn:mainstay:runs", protocolVersion: "1.0")]
        capabilities = Capabilities(streaming: true, pushNotifications: false)
        // In the form of A2A 1.0, as the interfaces are; before it the members were `type`, and `security` for the requirements.
        let bearer = SecurityScheme.HTTPAuth(scheme: "Bearer", description: "A token of a workspace.")
        securitySchemes = ["bearer": SecurityScheme(httpAuthSecurityScheme: bearer)]
        securityRequirements = [SecurityRequirement(schemes: ["bearer": .init(list: Self.scopes)])]
        defaultInputModes = ["text/plain"]
        defaultOutputModes = ["text/plain"]
        let tags = listing.topics.isEmpty ? ["conversation"] : Array(listing.topics.prefix(20))
        skills = [Skill(id: "conversation", name: listing.displayName, description: words, tags: tags)]
        provider = Provider(
            organization: listing.maintainer?.name ?? listing.owner,
            url: listing.maintainer?.site ?? "\(base)/v1/directory?owner=\(listing.owner)")
        documentationUrl = "\(base)/agents/\(listing.owner)/\(listing.name)"
    }
}

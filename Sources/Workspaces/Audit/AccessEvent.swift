package import Foundation
import Jobs
import Postgres
package import Web

/// Who did it.
package enum AccessActor: Sendable, Hashable {
    /// Whoever showed this token.
    case token(UUID)
    /// An operator, by the token that it showed. The entry's details have the token's id as `token`.
    case known(Operator, token: UUID)
    /// A person at the installation's own command line, by the name that the machine knows them by.
    case `operator`(String)
    /// A part of the program, such as `watch`, or `invitation` for whoever accepts one.
    case system(String)

    /// Whoever shows a token.
    /// - Parameter holder: whose it is; nil for one that is no operator's.
    package init(token: UUID, of holder: Operator?) {
        self = holder.map { AccessActor.known($0, token: token) } ?? .token(token)
    }

    var kind: String {
        switch self {
        case .token: "token"
        case .known, .operator: "operator"
        case .system: "system"
        }
    }

    var name: String {
        switch self {
        case .token(let id): id.lowercased
        case .known(let known, _): AccessText.bounded(known.name)
        case .operator(let name), .system(let name): AccessText.bounded(name)
        }
    }
}

/// What it was done to: a kind, a colon, an id or name.
package struct AccessSubject: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    private init(_ kind: String, _ name: String) {
        description = AccessText.bounded("\(kind):\(name)")
    }

    package static func token(_ id: UUID) -> AccessSubject { AccessSubject("token", id.lowercased) }
    package static func member(_ user: UUID) -> AccessSubject { AccessSubject("member", user.lowercased) }
    package static func invitation(_ id: UUID) -> AccessSubject { AccessSubject("invitation", id.lowercased) }
    /// An account of the identity provider.
    /// - Parameter id: what stands for its tokens.
    package static func identity(_ id: UUID) -> AccessSubject { AccessSubject("identity", id.lowercased) }
    /// A user, whatever workspaces it is in.
    package static func person(_ user: UUID) -> AccessSubject { AccessSubject("person", user.lowercased) }
    package static func workspace(_ id: UUID) -> AccessSubject { AccessSubject("workspace", id.lowercased) }
    /// - Parameter name: as `owner/name`.
    package static func agent(_ name: String) -> AccessSubject { AccessSubject("agent", name) }
    /// A workspace's key of a model provider.
    package static func credential(of provider: String) -> AccessSubject { AccessSubject("credential", provider) }
    package static func tool(_ id: UUID) -> AccessSubject { AccessSubject("tool", id.lowercased) }
    package static func job(_ id: UUID) -> AccessSubject { AccessSubject("job", id.lowercased) }
    package static func queue(_ name: String) -> AccessSubject { AccessSubject("queue", name) }
    /// Dead letters that were chosen together.
    /// - Parameter kind: of their jobs; nil for any.
    package static func deadLetters(ofKind kind: String?) -> AccessSubject { AccessSubject("dead_letters", kind ?? "any") }
    /// The plugin registry.
    package static let plugins = AccessSubject("plugins", "registry")
    /// Where requests came from, in a form that names no person: the log never forgets.
    package static func source(_ name: String) -> AccessSubject { AccessSubject("source", name) }
}

/// Something that the access log is to tell of. Number, time and hashes come from the log.
///
/// No secret and no address goes in here: nothing is ever taken out of the log again.
package struct AccessEvent: Sendable, Hashable {
    package let action: AccessAction
    package let actor: AccessActor
    /// What it is about; nil for what concerns the whole installation.
    package let workspace: UUID?
    package let subject: AccessSubject
    /// More about it. Names are lower-case letters, digits and `_`, and are written in the program's own source: the database refuses
    /// others, and with them the transaction.
    package let details: [String: String]

    package init(_ action: AccessAction, by actor: AccessActor, in workspace: UUID?, on subject: AccessSubject, details: [String: String] = [:]) {
        self.action = action
        self.actor = actor
        self.workspace = workspace
        self.subject = subject
        var details = details
        if case .known(_, let token) = actor { details["token"] = token.lowercased }
        self.details = details.mapValues { AccessText.bounded($0) }
    }

    /// For `append_access_log`.
    var parameters: [any PostgresEncodable] {
        let members = details.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
        return [
            workspace, actor.kind, actor.name, action.rawValue, subject.description, PostgresJSON(bytes: JSONValue.object(members).bytes()),
        ]
    }
}

/// Texts that others chose, such as names, made fit for the log.
enum AccessText {
    /// Characters of a text at the most, as the database counts them.
    static let limit = 400

    /// Without control characters, which a terminal would obey, cut at the limit; a dash for nothing.
    static func bounded(_ text: String) -> String {
        var bounded = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.lazy.filter({ !isControl($0) }).prefix(limit) { bounded.append(scalar) }
        return bounded.isEmpty ? "-" : String(bounded)
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // C0, DEL and C1; then what turns the direction of writing around.
        case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

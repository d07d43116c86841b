package import Foundation
package import Web

/// A tool of a workspace, ready to be offered to a model and called.
package struct WebhookTool: Sendable, Equatable {
    package let id: UUID
    /// Unique in the workspace.
    package let name: String
    package let description: String?
    /// A JSON Schema of the arguments.
    package let parameters: JSONValue
    package let url: ToolURL
    package let secret: ToolSecret
    /// The secret before it, while it is good.
    let former: FormerSecret?
    /// How long a call may take, 0.1 to 60 s.
    package let timeout: Duration

    init(
        id: UUID, name: String, description: String? = nil, parameters: JSONValue = ["type": "object"], url: ToolURL, secret: ToolSecret,
        former: FormerSecret? = nil, timeout: Duration
    ) {
        self.id = id
        self.name = name
        self.description = description
        self.parameters = parameters
        self.url = url
        self.secret = secret
        self.former = former
        self.timeout = timeout
    }

    /// What a model is told of it.
    package var definition: ToolDefinition { ToolDefinition(name: name, description: description, parameters: parameters) }
}

/// A secret that was replaced, and signs beside the new one until then.
struct FormerSecret: Sendable, Equatable {
    let secret: ToolSecret
    let until: Date
}

extension WebhookTool {
    /// What a call is signed with: the secret, and the one before it where that is still good.
    func secrets(at now: Date) -> [ToolSecret] {
        [secret] + (former.flatMap { $0.until > now ? [$0.secret] : nil } ?? [])
    }
}

/// What a call came to. A tool that fails is no failure of the run: the model is told, and decides.
package struct WebhookToolOutput: Sendable, Equatable {
    /// The tool's answer, or a sentence about why there is none.
    package var text: String
    package var isError: Bool
    package var duration: Duration

    package init(text: String, isError: Bool, duration: Duration) {
        self.text = text
        self.isError = isError
        self.duration = duration
    }
}

/// A tool as its row has it.
struct StoredTool: Sendable, Equatable {
    var id: UUID
    var name: String
    var description: String?
    var parameters: JSONValue
    var url: String
    var secret: SealedSecret
    var timeoutMilliseconds: Int
    var createdAt: Date
    var updatedAt: Date
    var disabledAt: Date?
    /// Nil when there is none, or its time is over.
    var former: Former?

    struct Former: Sendable, Equatable {
        var secret: SealedSecret
        var until: Date
    }

    /// With its secrets opened. A former one that does not open is left out: the new one is what counts.
    ///
    /// - Throws: ``SealFault``; ``WebhookToolFault`` for a URL that this version does not read.
    func opened(_ workspace: UUID, _ keys: SealingKeys) throws -> WebhookTool {
        guard let secret = ToolSecret(bytes: try keys.open(self.secret, for: .tool(id, workspace))) else { throw SealFault.damaged }
        guard let url = ToolURL(self.url) else { throw WebhookToolFault("The tool's URL cannot be read.") }
        return WebhookTool(
            id: id, name: name, description: description, parameters: parameters, url: url, secret: secret,
            former: former.flatMap { former in
                guard let bytes = try? keys.open(former.secret, for: .tool(id, workspace)) else { return nil }
                return ToolSecret(bytes: bytes).map { FormerSecret(secret: $0, until: former.until) }
            },
            timeout: .milliseconds(timeoutMilliseconds))
    }
}

/// Why a tool was not called, or gave no answer: one sentence for the model and its user, without anything of the operator's network.
struct WebhookToolFault: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

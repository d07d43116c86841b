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
    /// How long a call may take, 0.1 to 60 s.
    package let timeout: Duration

    init(
        id: UUID, name: String, description: String? = nil, parameters: JSONValue = ["type": "object"], url: ToolURL, secret: ToolSecret,
        timeout: Duration
    ) {
        self.id = id
        self.name = name
        self.description = description
        self.parameters = parameters
        self.url = url
        self.secret = secret
        self.timeout = timeout
    }

    /// What a model is told of it.
    package var definition: ToolDefinition { ToolDefinition(name: name, description: description, parameters: parameters) }
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

    /// With its secret opened.
    ///
    /// - Throws: ``SealFault``; ``WebhookToolFault`` for a URL that this version does not read.
    func opened(_ workspace: UUID, _ keys: SealingKeys) throws -> WebhookTool {
        guard let secret = ToolSecret(bytes: try keys.open(self.secret, for: .tool(id, workspace))) else { throw SealFault.damaged }
        guard let url = ToolURL(self.url) else { throw WebhookToolFault("The tool's URL cannot be read.") }
        return WebhookTool(
            id: id, name: name, description: description, parameters: parameters, url: url, secret: secret,
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

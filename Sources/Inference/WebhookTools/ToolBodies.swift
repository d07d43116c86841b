import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web
import Workspaces

/// What `POST /v1/tools` and `PUT /v1/tools/{id}` read.
struct ToolRequest: Decodable {
    let name: String
    let description: String?
    let parameters: JSONValue?
    let url: String
    let timeoutMs: Int?
    let disabled: Bool?

    private enum CodingKeys: String, CodingKey {
        case name, description, parameters, url, disabled
        case timeoutMs = "timeout_ms"
    }

    enum Bounds {
        static let description = 2_000
        /// Bytes of a schema: it is sent with every step of a run.
        static let parameters = 32 << 10
        static let timeout = 100...60_000
        static let standardTimeout = 10_000
        /// Tools whose names begin so are the installation's own.
        static let reserved = "memory_"
    }

    /// The wish, once everything is in order.
    /// - Throws: a 422 problem with every fault.
    func checked(by policy: AddressPolicy) throws -> ToolStore.Wish {
        var faults: [FieldFault] = []
        if !RunRequest.isToolName(name) {
            faults.append(FieldFault(body: ["name"], "A name has 1 to 64 letters, digits, dashes and underscores."))
        } else if name.hasPrefix(Bounds.reserved) {
            faults.append(FieldFault(body: ["name"], "Names that begin with `\(Bounds.reserved)` are those of built-in tools."))
        }
        if let description, description.unicodeScalars.count > Bounds.description {
            faults.append(FieldFault(body: ["description"], "A description has at most \(Bounds.description) characters."))
        }
        let schema = parameters ?? ["type": "object"]
        if schema.members == nil {
            faults.append(FieldFault(body: ["parameters"], "It is a JSON Schema, so an object.", expected: "object", found: schema.kind))
        } else if schema.bytes().count > Bounds.parameters {
            faults.append(FieldFault(body: ["parameters"], "A schema has at most \(Bounds.parameters) bytes."))
        }
        if let place = ToolURL(url) {
            if let refusal = policy.refusal(of: place) { faults.append(FieldFault(body: ["url"], refusal)) }
        } else {
            let detail = "Send an address such as https://tools.example.com/weather, without a user and without a fragment."
            faults.append(FieldFault(body: ["url"], detail, expected: "https URL"))
        }
        let timeout = timeoutMs ?? Bounds.standardTimeout
        if !Bounds.timeout.contains(timeout) {
            let bounds = "\(Bounds.timeout.lowerBound) to \(Bounds.timeout.upperBound)"
            faults.append(FieldFault(body: ["timeout_ms"], "A call may take \(bounds) milliseconds.", expected: bounds))
        }
        guard faults.isEmpty else { throw Problem.invalid(faults) }
        return ToolStore.Wish(
            name: name, description: description, parameters: schema, url: url, timeoutMilliseconds: timeout, isDisabled: disabled ?? false)
    }

    static let schema = JSONSchema.object(
        [
            "name": .string("What models call it by.", minLength: 1, maxLength: 64, pattern: "^[A-Za-z0-9_-]+$"),
            "description": .string("What models are told of it.", maxLength: Bounds.description),
            "parameters": .object([:], description: "A JSON Schema of its arguments; any object without it."),
            "url": .string("Where it is called by POST: https on the open internet, unless an operator allows more.", format: "uri"),
            "timeout_ms": .integer(
                "How long a call may take; \(Bounds.standardTimeout) without it.", minimum: Int64(Bounds.timeout.lowerBound),
                maximum: Int64(Bounds.timeout.upperBound)),
            "disabled": .boolean,
        ], optional: ["description", "parameters", "timeout_ms", "disabled"])
}

/// A tool as the API shows it.
struct ToolBody: Encodable, Sendable {
    let id: String
    let name: String
    let description: String?
    let parameters: JSONValue
    let url: String
    let timeoutMs: Int
    let disabled: Bool
    let createdAt: Date
    let updatedAt: Date
    /// How long calls are signed with the secret before this one, too.
    let formerSecretUntil: Date?
    /// In the answer that made it.
    let secret: String?

    init(_ tool: StoredTool, secret: ToolSecret? = nil) {
        id = tool.id.lowercased
        name = tool.name
        description = tool.description
        parameters = tool.parameters
        url = tool.url
        timeoutMs = tool.timeoutMilliseconds
        disabled = tool.disabledAt != nil
        createdAt = tool.createdAt
        updatedAt = tool.updatedAt
        formerSecretUntil = tool.former?.until
        self.secret = secret?.revealed
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, description, parameters, url, disabled, secret
        case timeoutMs = "timeout_ms"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        case formerSecretUntil = "former_secret_until"
    }

    static let schema = JSONSchema.named(
        "WorkspaceTool",
        .object(
            [
                "id": .uuid, "name": .string(), "description": .string(), "parameters": .object([:]), "url": .string(), "timeout_ms": .integer(),
                "disabled": .boolean, "created_at": .time, "updated_at": .time,
                "former_secret_until": .string("Until then calls are signed with the secret before this one, too.", format: "date-time"),
                "secret": .string("What calls are signed with (Standard Webhooks), only in the answer that made it."),
            ], optional: ["description", "former_secret_until", "secret"]))
}

/// One tool as an answer.
struct ToolAnswer: ResponseGenerator {
    let tool: ToolBody
    var status = HTTPResponse.Status.ok
    var isReplay = false

    func response(from request: Request, context: some RequestContext) throws -> Response {
        var response = try context.responseEncoder.encode(tool, from: request, context: context)
        response.status = status
        response.headers[.cacheControl] = "no-store"
        if isReplay { response.headers[.idempotencyReplayed] = "true" }
        return response
    }
}

/// All tools of a workspace, which are at most ``ToolStore/most``.
struct ToolList: ResponseEncodable, Sendable {
    let items: [ToolBody]
}

/// What `POST /v1/tools/{id}/test` reads.
struct ToolTestRequest: Decodable {
    let arguments: JSONValue?

    static let schema = JSONSchema.object(["arguments": .object([:], description: "An empty object without it.")], optional: ["arguments"])
}

/// What a tool answered to a trial.
struct ToolTestAnswer: ResponseEncodable, Sendable {
    let text: String
    let isError: Bool
    let durationMs: Double

    init(_ output: WebhookToolOutput) {
        text = output.text
        isError = output.isError
        durationMs = output.duration.milliseconds
    }

    private enum CodingKeys: String, CodingKey {
        case text
        case isError = "is_error"
        case durationMs = "duration_ms"
    }

    static let schema = JSONSchema.object([
        "text": .string("Its answer, or why there is none."), "is_error": .boolean, "duration_ms": .number(),
    ])
}

package import HTTPTypes

/// What one route is, written beside it: the published description is made of these and the route is mounted with one.
package struct APIOperation: Sendable {
    /// A parameter of the query, the path or the headers. Path parameters that are not listed are described as strings.
    package struct Parameter: Sendable {
        package enum Place: String, Sendable { case query, path, header }

        package let name: String
        package let place: Place
        package let description: String
        package let required: Bool
        package let schema: JSONSchema

        package init(_ name: String, in place: Place, _ description: String, required: Bool = false, schema: JSONSchema = .string()) {
            self.name = name
            self.place = place
            self.description = description
            self.required = required || place == .path
            self.schema = schema
        }
    }

    /// The body that a route reads.
    package struct RequestBody: Sendable {
        package let schema: JSONSchema
        package let contentType: String
        /// Bytes; more is answered 413.
        package let limit: Int
        /// Whether the body must be there.
        package let required: Bool
        /// What each line holds of a body of `application/x-ndjson`, where the route reads one too.
        package let lines: String?

        package init(
            _ schema: JSONSchema, contentType: String = "application/json", limit: Int = BodyLimit.standard, required: Bool = true,
            lines: String? = nil
        ) {
            self.schema = schema
            self.contentType = contentType
            self.limit = limit
            self.required = required
            self.lines = lines
        }

        /// Of an action whose path says it all: see ``Request/readAction(in:)``.
        package static let action = RequestBody(
            .object([:], description: "May be left out; nothing in it is read."), limit: BodyLimit.action, required: false)
    }

    /// One way in which a route answers well.
    package struct Answer: Sendable {
        package let status: HTTPResponse.Status
        package let description: String
        package let schema: JSONSchema?
        package let contentType: String

        package init(_ status: HTTPResponse.Status, _ description: String, schema: JSONSchema? = nil, contentType: String = "application/json") {
            self.status = status
            self.description = description
            self.schema = schema
            self.contentType = contentType
        }

        /// 202 with the job to follow.
        package static let accepted = Answer(.accepted, "Accepted: the job that does it.", schema: AcceptedBody.schema)
        /// 200 with a result for each line of a body of lines.
        package static let lines = Answer(
            .ok,
            """
            To a body of lines: one line for each of them, in their order, while the body is still being sent. A line's error is its own; \
            empty lines are left out. A last line with another status than 202 and the number of a line that was not read says that \
            the server read no further. What was answered with 202 is accepted, whatever becomes of the rest. Read while you send.
            """,
            schema: NDJSONAnswer.schema, contentType: NDJSON.contentType)
        /// 204.
        package static let noContent = Answer(.noContent, "Done.")
        /// 200 with an event stream.
        package static func events(_ description: String) -> Answer {
            Answer(.ok, description, schema: .string(), contentType: "text/event-stream")
        }
    }

    package let method: HTTPRequest.Method
    /// A template such as `/v1/agents/{owner}/{name}/forks`.
    package let path: String
    /// A short line.
    package let summary: String
    package let description: String?
    /// The chapter of the description.
    package let tag: String
    /// The scope that a token needs. nil on an identified route: any valid token.
    package let scope: String?
    /// What needs no scope because it is the asker's own, such as "one's own membership"; nil where all of it needs the scope.
    package let own: String?
    package let parameters: [Parameter]
    package let request: RequestBody?
    package let answers: [Answer]
    /// Problems besides those that every such route has (400, 401, 403, 413, 415, 422, 500, 503 where they apply).
    package let problems: [HTTPResponse.Status]

    package init(
        _ method: HTTPRequest.Method, _ path: String, summary: String, description: String? = nil, tag: String, scope: String? = nil,
        own: String? = nil, parameters: [Parameter] = [], request: RequestBody? = nil, answers: [Answer], problems: [HTTPResponse.Status] = []
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.description = description
        self.tag = tag
        self.scope = scope
        self.own = own
        self.parameters = parameters
        self.request = request
        self.answers = answers
        self.problems = problems
    }

    /// The names in braces, in order.
    var pathParameters: [String] {
        path.split(separator: "/").filter { $0.hasPrefix("{") && $0.hasSuffix("}") }.map { String($0.dropFirst().dropLast()) }
    }

    /// `post_v1_jobs_id_cancel`.
    var id: String {
        let parts = path.split(separator: "/").map { $0.filter { $0.isLetter || $0.isNumber || $0 == "-" } }
        return ([method.rawValue.lowercased()] + parts.map { $0.replacing("-", with: "_") }).joined(separator: "_")
    }
}

extension APIOperation.Parameter {
    /// The header that makes a POST safe to send again.
    package static let idempotencyKey = Self(
        "Idempotency-Key", in: .header,
        """
        Names this request. Sent again the same (path, query and body) it has no further effect and is answered with the same job or thing, as it is by \
        then; another request under it is answered 422. While the first is under way in the same server the answer is 409 with `Retry-After`; \
        another server waits for the first. After a 503 of the type `urn:mainstay:problem:acceptance-unknown` the job may be accepted: only the same \
        key makes it safe to send the request again.
        """,
        schema: .string(minLength: 1, maxLength: 255))
    /// Rows of a page.
    package static let limit = Self("limit", in: .query, "Rows at most.", schema: .integer(minimum: 1, maximum: 200))
    /// The place where a page begins.
    package static let cursor = Self("cursor", in: .query, "`next_cursor` of the page before.")
    /// Where an event stream resumes.
    package static let lastEventID = Self("Last-Event-ID", in: .header, "The id of the last event that was seen; the stream goes on after it.")
}

package import Foundation
package import HTTPTypes
import NIOCore

/// What one line is answered with: a line too.
///
///     {"line":1,"status":202,"id":"019a…"}
///     {"line":2,"status":422,"problem":{"type":"urn:mainstay:problem:invalid",…}}
package struct NDJSONAnswer: Sendable {
    /// What the request would have been answered with, had the line been its body.
    package let status: HTTPResponse.Status
    private let members: [JSONValue.Member]

    /// The line's job was accepted.
    package static func accepted(_ id: UUID, replayed: Bool = false) -> NDJSONAnswer {
        var members: [JSONValue.Member] = [.init("id", .string(id.uuidString.lowercased()))]
        if replayed { members.append(.init("replayed", true)) }
        return NDJSONAnswer(status: .accepted, members: members)
    }

    private init(status: HTTPResponse.Status, members: [JSONValue.Member]) {
        self.status = status
        self.members = members
    }

    init(_ problem: Problem) {
        status = problem.status
        var members: [JSONValue.Member] = []
        if let delay = problem.retryAfter { members.append(.init("retry_after", .integer(Int64(RetryAfter.value(delay)) ?? 1))) }
        members.append(.init("problem", problem.json))
        self.members = members
    }

    /// The answer's bytes, with the line's end.
    func bytes(line number: Int) -> ByteBuffer {
        let head: [JSONValue.Member] = [.init("line", .integer(Int64(number))), .init("status", .integer(Int64(status.code)))]
        var bytes = JSONValue.object(head + members).bytes()
        bytes.append(UInt8(ascii: "\n"))
        return ByteBuffer(bytes: bytes)
    }

    /// Its description.
    static let schema = JSONSchema.named(
        "LineResult",
        .object(
            [
                "line": .integer("The line's number, counted from 1, empty lines included.", minimum: 1),
                "status": .integer("What a request with this line as its body would be answered with.", minimum: 200, maximum: 599),
                "id": .string("The job, where it was accepted.", format: "uuid"),
                "replayed": .boolean,
                "retry_after": .integer("Seconds after which the line may be sent again.", minimum: 1), "problem": Problem.schema,
            ], optional: ["id", "replayed", "retry_after", "problem"]))
}

package import Foundation
import HTTPTypes
package import Hummingbird
import NIOCore

/// The answer to whoever hands in work: `202 Accepted`, `Location: /v1/jobs/{id}`.
///
/// A ticket, a run, a profile has the id of the job that makes it.
package struct AcceptedBody: ResponseGenerator, Sendable, Hashable {
    package let id: UUID
    /// The job's kind, such as `ticket.create`.
    package let kind: String
    /// `queued`, or what became of it when this repeats an earlier acceptance.
    package let state: String
    /// Where to ask for the job's state.
    package let url: String
    /// Whether an earlier request with this Idempotency-Key made the job. Told by the header `Idempotency-Replayed`.
    private let replayed: Bool

    package init(id: UUID, kind: String, state: String = "queued", replayed: Bool = false) {
        self.id = id
        self.kind = kind
        self.state = state
        self.replayed = replayed
        url = Self.url(id)
    }

    /// The place of a job.
    package static func url(_ id: UUID) -> String { place + id.uuidString.lowercased() }
    private static let place = "/v1/jobs/"

    package func response(from request: Request, context: some RequestContext) -> Response { response(with: []) }

    /// Written without an encoder, which takes some ten times as long: every job that is accepted is answered with it.
    /// - Parameter more: members behind its own, of a kind that has more to say at once.
    package func response(with more: [JSONValue.Member]) -> Response {
        let (headers, body) = document(with: more)
        return Response(status: .accepted, headers: headers, body: .init(byteBuffer: body))
    }

    /// The same as its fields and its bytes.
    func document(with more: [JSONValue.Member] = []) -> (headers: HTTPFields, body: ByteBuffer) {
        // Names of kinds and states are words of ours, which need no escapes.
        assert((kind + state).utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
        var body = ByteBuffer(string: "{\"id\":\"\(url.dropFirst(Self.place.count))\",\"kind\":\"\(kind)\",\"state\":\"\(state)\",\"url\":\"\(url)\"")
        body.writeString(more.isEmpty ? "}" : ",")
        // Theirs end the object.
        if !more.isEmpty { body.writeBytes(JSONValue.object(more).bytes().dropFirst()) }
        var headers: HTTPFields = [
            .contentType: "application/json; charset=utf-8", .contentLength: "\(body.readableBytes)", .location: url,
        ]
        if replayed { headers[.idempotencyReplayed] = "true" }
        return (headers, body)
    }

    /// Its description.
    package static let schema = JSONSchema.named(
        "Accepted",
        .object([
            "id": .uuid, "kind": .string("The job's kind, such as `ticket.create`."), "state": stateSchema, "url": urlSchema,
        ]))

    /// Of its members, for the schemas of answers that say more.
    package static let stateSchema = JSONSchema.string(
        "`queued`; of a repeated request what became of the job meanwhile, in the words of `GET /v1/jobs/{id}`.")
    package static let urlSchema = JSONSchema.string("Where to ask for its state.")
}

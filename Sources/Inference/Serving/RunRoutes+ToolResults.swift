import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Web

/// What a client's tool came to: an element of the body of `POST /v1/runs/{id}/tool-results`.
struct ToolResultBody: Decodable, Sendable, Equatable {
    /// The call's id.
    var id: String
    /// What the model is told: text, or any other JSON, which it is told as text.
    var output: String
    var isError: Bool?

    /// Results of one request; a step has no more calls than a request has tools.
    static let most = 128
    /// UTF-8 bytes of an output.
    static let outputLimit = 256 << 10

    private enum CodingKeys: String, CodingKey {
        case id, output
        case isError = "is_error"
    }

    init(id: String, output: String, isError: Bool? = nil) {
        self.id = id
        self.output = output
        self.isError = isError
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        isError = try container.decodeIfPresent(Bool.self, forKey: .isError)
        switch try container.decode(JSONValue.self, forKey: .output) {
        case .string(let text): output = text
        case let value: output = String(decoding: value.bytes(), as: UTF8.self)
        }
    }

    /// What is wrong with a list of results, each by its place.
    static func faults(_ results: [ToolResultBody]) -> [FieldFault] {
        var faults: [FieldFault] = []
        if results.isEmpty { faults.append(FieldFault(body: [], "It needs at least one result.")) }
        if results.count > most { faults.append(FieldFault(body: [], "It holds at most \(most) results.")) }
        var seen: Set<String> = []
        for (index, result) in results.prefix(most).enumerated() {
            if !seen.insert(result.id).inserted { faults.append(FieldFault(body: ["\(index)", "id"], "It is the id of an earlier result.")) }
            if result.output.utf8.count > outputLimit {
                faults.append(FieldFault(body: ["\(index)", "output"], "It has at most \(outputLimit) bytes."))
            }
        }
        return faults
    }
}

/// The answer: what the run still waits for.
struct ToolResultsAnswer: Encodable, Sendable {
    var run: String
    /// Calls that have a result, and calls that still want one, in the order of the model.
    var answered: [String]
    var waiting: [String]
}

/// Results of the tools that a client carries out.
extension RunRoutes {
    func postResults(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let (results, body) = try await request.readJSON([ToolResultBody].self, in: context)
        let (id, workspace) = (try context.pathID(), context.identity.workspace)
        let key = try IdempotencyKey.read(from: request, workspace: workspace, body: body)
        let idempotency = key.map { Idempotency(key: $0.key, digest: $0.digest) }
        return try await underWay.alone(idempotency, workspace: workspace) {
            guard try await reader.situation(of: id, workspace: workspace) != nil else { throw Self.unknown(id) }
            let faults = ToolResultBody.faults(results)
            guard faults.isEmpty else { throw Problem.invalid(faults) }
            // The rows first: an announcement that is lost is found again.
            let posted = try await store.post(results, to: id, workspace: workspace, by: context.identity.user, idempotency: idempotency)
            if posted.isOver { throw Problem.conflict("The run is over and takes no results.", name: "run-over") }
            guard posted.unknown.isEmpty else { throw Self.notWaitedFor(posted, results) }
            await announceResults(of: id, context)
            let answer = ToolResultsAnswer(
                run: id.lowercased, answered: posted.calls.filter { posted.answered.contains($0) },
                waiting: posted.calls.filter { !posted.answered.contains($0) })
            var response = try context.responseEncoder.encode(answer, from: request, context: context)
            response.status = .accepted
            if posted.isReplay { response.headers[.idempotencyReplayed] = "true" }
            return response
        }
    }

    private static func notWaitedFor(_ posted: RunStore.Posted, _ results: [ToolResultBody]) -> Problem {
        let hint = posted.calls.isEmpty ? "It waits for none; post results after `run.paused`." : "It waits for those that `run.paused` named."
        let faults = results.enumerated().filter { posted.unknown.contains($0.element.id) }.map { index, result in
            FieldFault(body: ["\(index)", "id"], "The run waits for no call `\(result.id)`. \(hint)")
        }
        return .invalid(faults)
    }

    private func announceResults(of run: UUID, _ context: IdentifiedContext) async {
        do {
            try await log.announce(.results(run), timeout: Self.announcePatience)
        } catch {
            context.logger.warning("results of tool calls are not announced", metadata: ["run": "\(run.lowercased)", "error": "\(error)"])
        }
    }

    static let toolResults = APIOperation(
        .post, "/v1/runs/{id}/tool-results", summary: "Post results of tool calls",
        description: """
            A run of several steps pauses for the calls of your tools: `run.paused` names them and says until when. Each call takes one result; what is \
            posted for it again changes nothing, in a later step too. The run goes on when all of them have one. An id that is of none of these \
            calls refuses the whole request.
            """,
        tag: "Runs", scope: "runs:write", parameters: [.idempotencyKey],
        request: .init(
            .array(
                of: .object(
                    [
                        "id": .string("The call's."), "output": .string("What the model is told; other JSON is told as text."),
                        "is_error": .boolean,
                    ], optional: ["is_error"]), minItems: 1, maxItems: ToolResultBody.most), limit: BodyLimit.generous),
        answers: [
            .init(
                .accepted, "The results are kept.",
                schema: .object(["run": .uuid, "answered": .array(of: .string()), "waiting": .array(of: .string())]))
        ], problems: [.notFound, .conflict])
}

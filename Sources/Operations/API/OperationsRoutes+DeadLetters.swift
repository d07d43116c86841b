import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web
import Workspaces

extension OperationsRoutes {
    func deadLetters(_ request: Request, _ context: IdentifiedContext) async throws -> Page<DeadLetterLineBody> {
        let page = try PageRequest<DeadLetterCursor>(request)
        let query = try Query(request)
        let filter = try await desk.filters.letters(FilterWords(FilterWords.letters) { query[$0] })
        let lines = try await desk.letters(filter, behind: page.after, limit: page.limit + 1)
        let shown = lines.prefix(page.limit)
        let next = lines.count > page.limit ? shown.last.map { DeadLetterCursor($0) } : nil
        return Page(items: shown.map { DeadLetterLineBody($0) }, nextCursor: try next.map { try Cursor.encode($0) })
    }

    func deadLetter(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let letter = try await desk.letter(try context.pathID())
        return try context.responseEncoder.encode(DeadLetterBody(letter), from: request, context: context)
    }

    func replay(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        try await perform(.replay, request, context)
    }

    func discard(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        try await perform(.discard, request, context)
    }

    private func perform(_ act: DeadLetterAct, _ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let id = try context.pathID()
        _ = try await request.readAction(in: context)
        let result = try await desk.perform(act, on: id, by: try await acting(context.identity))
        return try context.responseEncoder.encode(
            ActBody(id: id.lowercased, state: result.state.rawValue, changed: result.changed), from: request, context: context)
    }

    func replayMany(_ request: Request, _ context: IdentifiedContext) async throws -> Response {
        let (wanted, _) = try await request.readJSON(BulkReplayRequest.self, in: context)
        let filter = try await wanted.filter(by: desk.filters)
        let limit = try wanted.checkedLimit()
        let groups = try await desk.rehearsal(filter)
        var answer = BulkReplayBody(groups, isDryRun: wanted.isDryRun)
        if !wanted.isDryRun {
            let person = try await acting(context.identity)
            answer.tell(await desk.replay(filter, limit: limit, by: person))
        }
        return try context.responseEncoder.encode(answer, from: request, context: context)
    }

    /// Who does it, for those who ask later.
    private func acting(_ identity: Identity) async throws -> ActingOperator {
        let name = try await standing(identity.tokenID, identity.workspace)?.name ?? "token \(identity.tokenID.lowercased)"
        return ActingOperator(name: name, actor: identity.actor)
    }
}

/// What `POST /v1/operations/dead-letters/replay` reads: the words of the list's filter, and how far to go.
struct BulkReplayRequest: Decodable, Sendable {
    let kind: String?
    let code: String?
    let queue: String?
    let workspace: String?
    let since: String?
    let until: String?
    let text: String?
    let all: Bool?
    let limit: Int?
    let dryRun: Bool?

    private enum CodingKeys: String, CodingKey {
        case kind, code, queue, workspace, since, until, text, all, limit
        case dryRun = "dry_run"
    }

    /// Doing it has to be asked for.
    var isDryRun: Bool { dryRun ?? true }

    /// - Throws: 422 when nothing is chosen: every letter there is has to be asked for.
    func filter(by reader: FilterReader) async throws -> DeadLetterFilter {
        let given: [String: String?] = [
            "kind": kind, "code": code, "queue": queue, "workspace": workspace, "since": since, "until": until, "text": text,
        ]
        let words = FilterWords(FilterWords.letters) { name in given[name].flatMap { $0 } }
        guard !words.isEmpty || all == true else {
            throw Problem.invalid([FieldFault(body: ["all"], "Choose letters by `kind`, `code` and the like, or say `\"all\": true`.")])
        }
        return try await reader.letters(words)
    }

    /// - Throws: 422.
    func checkedLimit() throws -> Int {
        let wanted = limit ?? OperatorDesk.most
        guard (1...OperatorDesk.most).contains(wanted) else {
            throw Problem.invalid([FieldFault(body: ["limit"], "Send a number from 1 to \(OperatorDesk.most).")])
        }
        return wanted
    }

    static let schema = JSONSchema.object(
        [
            "kind": .string(), "code": .string(), "queue": .string(), "workspace": .string("Its name or id."),
            "since": .string("Died then or later: a time, or how long ago: `2h`."), "until": .string("Died before."),
            "text": .string("The error holds it."), "all": .boolean,
            "limit": .integer("Letters at most, the newest first.", minimum: 1, maximum: Int64(OperatorDesk.most)),
            "dry_run": .boolean,
        ],
        optional: ["kind", "code", "queue", "workspace", "since", "until", "text", "all", "limit", "dry_run"],
        description: "Without `\"dry_run\": false` nothing is done. At least one choice, or `\"all\": true`.")
}

/// The answer to a bulk replay.
struct BulkReplayBody: Encodable, Sendable {
    struct Group: Encodable, Sendable {
        let kind: String
        let code: String
        let count: Int
        let oldest: Date
        let newest: Date
    }

    let dryRun: Bool
    /// Open letters that the filter meant before anything was done.
    let matched: Int
    let groups: [Group]
    private(set) var replayed: Int?
    /// Letters that somebody else was faster with.
    private(set) var unchanged: Int?
    /// Of those replayed: not in Redis yet; a relay appends them.
    private(set) var leftToRelay: Int?
    /// Whether it stopped at an error. What was done is done, and the same request goes on from there.
    private(set) var isStopped: Bool?

    init(_ groups: [DeadLetterGroup], isDryRun: Bool) {
        dryRun = isDryRun
        matched = groups.reduce(0) { $0 + $1.count }
        self.groups = groups.map { Group(kind: $0.kind, code: $0.code, count: $0.count, oldest: $0.oldest, newest: $0.newest) }
    }

    mutating func tell(_ tally: DeadLetterTally) {
        replayed = tally.changed
        unchanged = tally.unchanged
        leftToRelay = tally.left
        isStopped = tally.fault != nil
    }

    private enum CodingKeys: String, CodingKey {
        case matched, groups, replayed, unchanged
        case dryRun = "dry_run"
        case leftToRelay = "left_to_relay"
        case isStopped = "stopped"
    }

    static let schema = JSONSchema.object(
        [
            "dry_run": .boolean, "matched": .integer("Open letters that the filter meant.", minimum: 0),
            "groups": .array(
                of: .object(["kind": .string(), "code": .string(), "count": .integer(minimum: 1), "oldest": .time, "newest": .time])),
            "replayed": .integer(minimum: 0), "unchanged": .integer("Somebody else was faster.", minimum: 0),
            "left_to_relay": .integer("Replayed, and not in Redis yet.", minimum: 0), "stopped": .boolean,
        ], optional: ["replayed", "unchanged", "left_to_relay", "stopped"])
}

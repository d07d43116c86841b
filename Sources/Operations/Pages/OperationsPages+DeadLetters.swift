import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web
import Workspaces

/// Dead letters: the list, one of them, and what can be done about one or many.
extension OperationsPages {
    func deadLetters(_ request: Request, _ context: AppContext) async throws -> Response {
        try await visited(request) { visitor in
            let query = try Query(request)
            let words = FilterWords(FilterWords.letters) { query[$0] }
            let filter = try await desk.filters.letters(words)
            let place = try query["cursor"].map { try Cursor.decode($0, as: DeadLetterCursor.self) }
            let lines = try await desk.letters(filter, behind: place, limit: Self.rows + 1)
            let shown = Array(lines.prefix(Self.rows))
            let last = lines.count > Self.rows ? shown.last.map { DeadLetterCursor($0) } : nil
            let next = try last.map { try Cursor.encode($0) }
            let main = DeadLetterListPage.main(words, shown, nextCursor: next, notice: PageNotice.html(of: query))
            return page("Dead letters", visitor, current: "/ops/dead-letters", main)
        }
    }

    func deadLetter(_ request: Request, _ context: AppContext) async throws -> Response {
        try await visited(request) { visitor in
            let letter = try await desk.letter(try context.pathID())
            let slug = try await desk.filters.workspaces.find(letter.workspace)?.slug
            let main = DeadLetterPage.main(letter, slug: slug, visitor, notice: PageNotice.html(of: try Query(request)))
            return page("Dead letter of \(letter.kind)", visitor, current: "/ops/dead-letters", main)
        }
    }

    func replay(_ request: Request, _ context: AppContext) async throws -> Response {
        try await perform(.replay, request, context)
    }

    func discard(_ request: Request, _ context: AppContext) async throws -> Response {
        try await perform(.discard, request, context)
    }

    private func perform(_ act: DeadLetterAct, _ request: Request, _ context: AppContext) async throws -> Response {
        try await acted(request, context) { visitor, form in
            let id = try context.pathID()
            let result = try await desk.perform(act, on: id, seen: form["replays"].flatMap { Int($0) }, by: visitor.acting)
            let notice: PageNotice = !result.changed ? .unchanged : act == .replay ? .replayed : .discarded
            return Self.told(PageParts.letterAddress(id.lowercased), notice)
        }
    }

    func rehearseReplay(_ request: Request, _ context: AppContext) async throws -> Response {
        try await visited(request) { visitor in
            let query = try Query(request)
            let words = FilterWords(FilterWords.letters) { $0 == "state" ? nil : query[$0] }
            var filter = try await desk.filters.letters(words)
            // What dies while the operator looks is not meant.
            let until = filter.until ?? Date()
            filter.until = until
            let groups = try await desk.rehearsal(filter)
            let main = BulkReplayPage.main(
                words, groups, since: filter.since.map { WireCoding.text($0) }, until: WireCoding.text(until), visitor)
            return page("Replay dead letters", visitor, current: "/ops/dead-letters", main)
        }
    }

    func replayMany(_ request: Request, _ context: AppContext) async throws -> Response {
        try await acted(request, context) { visitor, form in
            let words = FilterWords(FilterWords.letters) { $0 == "state" ? nil : form[$0] }
            // Every page's form has it: without it somebody wrote a form by hand, and left out what they meant.
            guard words["until"] != nil else { throw Problem.badRequest("The form names no time until which letters are meant.") }
            let filter = try await desk.filters.letters(words)
            let tally = await desk.replay(filter, limit: OperatorDesk.most, by: visitor.acting)
            let notice: PageNotice = tally.fault == nil ? .replayed : .stopped
            return Self.told("/ops/dead-letters", notice, count: tally.changed)
        }
    }
}

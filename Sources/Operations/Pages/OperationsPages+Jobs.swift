import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web

/// Jobs: the search, one job, and the wish to end it.
extension OperationsPages {
    func jobs(_ request: Request, _ context: AppContext) async throws -> Response {
        try await visited(request) { visitor in
            let query = try Query(request)
            if let wanted = query["id"]?.trimmingCharacters(in: .whitespaces), !wanted.isEmpty {
                guard let id = UUID(uuidString: wanted) else { throw Query.fault("id", "Send a job's id, which is a UUID.") }
                return .redirect(to: PageAddress.path("ops", "jobs", id.lowercased))
            }
            let words = FilterWords(FilterWords.jobs) { query[$0] }
            let filter = try await desk.filters.jobs(words)
            let after = try query["cursor"].map { try Cursor.decode($0, as: JobCursor.self) }
            let found = try await desk.jobs(filter, after: after, limit: Self.rows)
            let next = try found.next.map { try Cursor.encode($0) }
            return page("Jobs", visitor, current: "/ops/jobs", JobSearchPage.main(words, found, nextCursor: next))
        }
    }

    func job(_ request: Request, _ context: AppContext) async throws -> Response {
        try await visited(request) { visitor in
            let query = try Query(request)
            let name = try await desk.name(of: try context.pathID(), workspace: query["workspace"])
            let found = try await desk.account(of: name)
            let main = JobAccountPage.main(
                found.account, found.running, visitor, isCancellable: desk.isCancellable(kind: found.account.kind),
                notice: PageNotice.html(of: query))
            return page("\(found.account.kind) \(PageWords.short(name.id.lowercased))", visitor, current: "/ops/jobs", main)
        }
    }

    func cancelJob(_ request: Request, _ context: AppContext) async throws -> Response {
        try await acted(request, context) { visitor, form in
            let name = try await desk.name(of: try context.pathID(), workspace: form["workspace"])
            let state = try await desk.cancel(name, by: visitor.acting.actor)
            return Self.told(
                PageAddress.path("ops", "jobs", name.id.lowercased), state.isFinal ? .ended : .cancelled,
                [(name: "workspace", value: name.workspace.lowercased)])
        }
    }
}

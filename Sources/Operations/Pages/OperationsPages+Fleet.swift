import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Web
import Workspaces

/// The overview, its event stream, and the queues.
extension OperationsPages {
    func overview(_ request: Request, _ context: AppContext) async throws -> Response {
        try await visited(request) { visitor in
            let query = try Query(request)
            let refresh = try query.integer("refresh", in: 1...3600)
            let main = OverviewPage.main(
                try await desk.feed.overview(), visitor, queues: desk.queues, refresh: refresh, notice: PageNotice.html(of: query))
            var head: HTML = ""
            if let refresh { head = "<noscript><meta http-equiv=\"refresh\" content=\"\(refresh)\"></noscript>" }
            return page("Overview", visitor, current: "/ops", head: head, main)
        }
    }

    /// The parts of the overview once a second, for as long as the session is good. A browser that is not signed in gets a 401: it
    /// would follow a redirect, and take the page that it finds for a broken stream.
    func events(_ request: Request, _ context: AppContext) async throws -> Response {
        guard let visitor = try await gate.visitor(of: request) else { throw Problem.unauthorized(.missing) }
        let (feed, door, pace) = (desk.feed, gate, clock)
        return SSEResponse(retry: .seconds(3)) { writer in
            while let frame = await Self.frame(of: feed, for: visitor.session, door) {
                try await writer.send(frame)
                try await pace.sleep(for: .seconds(1))
            }
            try await writer.send(SSEFrame(event: "over", data: "signed out"))
        }.response(from: request, context: context)
    }

    /// Nil once the session is good no longer.
    private static func frame(of feed: OverviewFeed, for session: OperatorSession, _ gate: OperatorGate) async -> SSEFrame? {
        do {
            guard try await gate.isGood(session) else { return nil }
            return SSEFrame(event: "overview", data: OverviewPage.parts(try await feed.overview()).markup)
        } catch {
            return SSEFrame(event: "unknown", data: "a store does not answer")
        }
    }

    func queue(_ request: Request, _ context: AppContext) async throws -> Response {
        try await visited(request) { visitor in
            let name = try context.pathText("queue")
            try desk.requireQueue(name)
            guard let queue = try await desk.feed.overview().queue(name) else { throw Problem.unavailable("The queue cannot be measured.") }
            let notice = PageNotice.html(of: try Query(request))
            return page("Queue \(name)", visitor, current: "/ops", QueuePage.main(queue, visitor, notice: notice))
        }
    }

    func controlQueue(_ request: Request, _ context: AppContext) async throws -> Response {
        try await acted(request, context) { visitor, form in
            let (name, actor) = (form["queue"] ?? "", visitor.acting.actor)
            let back = form["back"] == nil ? "/ops" : PageParts.queueAddress(name)
            switch form["act"] {
            case "pause"?:
                let reason = (form["reason"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
                let isNew = try await desk.pause(name, reason: reason.isEmpty ? nil : String(reason.prefix(500)), by: actor)
                return Self.told(back, isNew ? .paused : .pausedBefore)
            case "resume"?:
                return Self.told(back, try await desk.resume(name, by: actor) ? .resumed : .resumedBefore)
            default:
                throw Problem.badRequest("The form names no act: it is `pause` or `resume`.")
            }
        }
    }
}

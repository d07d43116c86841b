import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import Web
import Workspaces

/// The pages under `/ops`: server-made HTML that is whole without JavaScript. Links ask, forms change, and a form's answer leads
/// back to a page, so that loading that page again repeats nothing.
struct OperationsPages: Sendable {
    let desk: OperatorDesk
    let gate: OperatorGate
    let problems: ProblemTable
    var clock: any Clock<Duration> = ContinuousClock()

    /// Rows of a list.
    static let rows = 50

    var routes: RouteCollection<AppContext> {
        let routes = RouteCollection(context: AppContext.self)
        routes.add(
            middleware: PageProblemMiddleware(table: problems) { problem, context in
                PageLook.frame.response(ProblemPage.document(problem, requestID: context.id), status: problem.status)
            })
        routes.get("/ops/login", use: login)
        routes.post("/ops/login", use: signIn)
        routes.post("/ops/logout", use: signOut)
        routes.get("/ops", use: overview)
        routes.get("/ops/events", use: events)
        routes.post("/ops/queues", use: controlQueue)
        routes.get("/ops/queues/{queue}", use: queue)
        routes.get("/ops/jobs", use: jobs)
        routes.get("/ops/jobs/{id}", use: job)
        routes.post("/ops/jobs/{id}/cancel", use: cancelJob)
        routes.get("/ops/dead-letters", use: deadLetters)
        routes.get("/ops/dead-letters/replay", use: rehearseReplay)
        routes.post("/ops/dead-letters/replay", use: replayMany)
        routes.get("/ops/dead-letters/{id}", use: deadLetter)
        routes.post("/ops/dead-letters/{id}/replay", use: replay)
        routes.post("/ops/dead-letters/{id}/discard", use: discard)
        return routes
    }

    /// Paths that no description covers.
    static let paths: Set<String> = [
        "/ops/login", "/ops/logout", "/ops", "/ops/events", "/ops/queues", "/ops/queues/{queue}", "/ops/jobs", "/ops/jobs/{id}",
        "/ops/jobs/{id}/cancel", "/ops/dead-letters", "/ops/dead-letters/replay", "/ops/dead-letters/{id}", "/ops/dead-letters/{id}/replay",
        "/ops/dead-letters/{id}/discard",
    ]

    // MARK: Who asks

    /// Answers an operator; sends anybody else to sign in, and back here after it.
    func visited(_ request: Request, _ answer: (Visitor) async throws -> Response) async throws -> Response {
        try await gate.visited(request, signIn: "/ops/login", answer)
    }

    /// Answers an operator's form, once it is certain that it is one of ours and that the operator may change something.
    func acted(_ request: Request, _ context: AppContext, _ answer: (Visitor, Query) async throws -> String) async throws -> Response {
        try await visited(request) { visitor in
            let form = try await gate.form(of: request, by: visitor)
            try visitor.require(.operationsWrite)
            let address = try await answer(visitor, form)
            context.logger.notice(
                "an operator acted",
                metadata: [
                    "operator": "\(visitor.name)", "path": "\(request.uri.path)", "act": "\(form["act"] ?? "-")", "queue": "\(form["queue"] ?? "-")",
                ])
            return .redirect(to: address)
        }
    }

    /// A whole page.
    func page(
        _ title: String, _ visitor: Visitor, current: String, head: HTML = .empty, _ main: HTML
    ) -> Response {
        PageLook.frame.response(
            PageLook.frame.document(
                title: "\(title) · Mainstay", head: head, header: PageLook.header(visitor, current: current), main: main))
    }

    /// The address of a page that says what has been done.
    static func told(_ path: String, _ notice: PageNotice, count: Int? = nil, _ more: [(name: String, value: String?)] = []) -> String {
        var values = more
        values.append((name: "said", value: notice.rawValue))
        values.append((name: "count", value: count.map { "\($0)" }))
        return PageAddress.query(path, values)
    }

    // MARK: Signing in and out

    private func login(_ request: Request, _ context: AppContext) async throws -> Response {
        let next = Self.safe(try Query(request)["next"])
        if try await gate.visitor(of: request) != nil { return .redirect(to: next) }
        return loginPage(request, next: next, refusal: nil)
    }

    private func signIn(_ request: Request, _ context: AppContext) async throws -> Response {
        try OperatorGate.refuseOtherSites(request)
        let form = try await request.readForm()
        let next = Self.safe(form["next"])
        guard let word = OperatorGate.loginCookie.value(in: request), gate.seal.isGood(loginToken: form["form"] ?? "", for: word) else {
            return loginPage(request, next: next, refusal: .staleForm)
        }
        let token = (form["token"] ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        switch try await gate.signIn(token) {
        case .success(let session):
            var response = Response.redirect(to: next)
            response.headers[.setCookie] = gate.cookie(of: session, for: request)
            context.logger.info("an operator signed in", metadata: ["token_id": .string(session.token.lowercased)])
            return response
        case .failure(let refusal):
            context.logger.notice("an operator's sign-in was refused", metadata: ["reason": .string("\(refusal)")])
            return loginPage(request, next: next, refusal: refusal)
        }
    }

    private func signOut(_ request: Request, _ context: AppContext) async throws -> Response {
        var response = try await visited(request) { visitor in
            _ = try await gate.form(of: request, by: visitor)
            try await gate.end(visitor.session)
            return .redirect(to: "/ops/login")
        }
        response.headers[.setCookie] = gate.cookieOfNobody(for: request)
        return response
    }

    /// The form, with a word in a cookie that it must come back with. A second form in another tab shares the first one's word.
    private func loginPage(_ request: Request, next: String, refusal: OperatorGate.Refusal?) -> Response {
        let known = OperatorGate.loginCookie.value(in: request) ?? ""
        let word = SessionSeal.isWord(known) ? known : SessionSeal.word()
        var response = PageLook.frame.response(
            LoginPage.document(formToken: gate.seal.loginToken(for: word), next: next, refusal: refusal), status: Self.status(of: refusal))
        response.headers[.setCookie] = OperatorGate.loginCookie.header(word, seconds: 3600, for: request)
        return response
    }

    private static func status(of refusal: OperatorGate.Refusal?) -> HTTPResponse.Status {
        switch refusal {
        case nil: .ok
        case .invalid?, .expired?: .unauthorized
        case .missingScope?, .staleForm?: .forbidden
        }
    }

    /// Where somebody goes after signing in: a page of ours, whatever the address says.
    static func safe(_ next: String?) -> String {
        guard let next, next == "/ops" || next.hasPrefix("/ops/") || next.hasPrefix("/ops?") else { return "/ops" }
        guard next.utf8.count <= 2000, next.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) else { return "/ops" }
        return next.hasPrefix("/ops/login") || next.hasPrefix("/ops/events") ? "/ops" : next
    }
}

import Foundation
import Postgres
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Jobs
import Logging
import NIOCore
import Testing
import Web

@testable import Directory
@testable import Workspaces

/// The pages over a database of one's own, as the server mounts them: `acme` publishes, and `rival` has a token by which somebody signs in.
struct PagesFixture: Sendable {
    let directory: DirectoryFixture
    let workspaces: Workspaces
    let pages: DirectoryPages

    static let site = "https://agents.example"

    static func with(_ body: @escaping @Sendable (PagesFixture) async throws -> Void) async throws {
        try await DirectoryFixture.with { directory in
            let workspaces = Workspaces(pool: directory.pool, multiUser: true, logger: Logger(label: "test.pages"))
            let pages = try DirectoryPages(
                pool: directory.pool, producer: directory.producer, workspaces: workspaces, core: SemanticVersion("1.5.0"), site: site,
                problems: ProblemMapping.table, secret: nil, trustedProxies: 1, facets: FacetShelf(lifetime: .zero), peer: { _ in "203.0.113.9" })
            try await body(PagesFixture(directory: directory, workspaces: workspaces, pages: pages))
        }
    }

    // MARK: Material

    /// A token of rival, with all that is to be had inside a workspace unless told otherwise.
    func token(_ name: String = "rita", in workspace: UUID? = nil, scopes: Set<Scope> = Scope.workspace) async throws -> String {
        let made = try await workspaces.tokens.create(
            workspace: workspace ?? directory.rival, user: nil, name: name, scopes: scopes, by: .system("test"))
        return try #require(made.secret?.text)
    }

    /// Another token of an operator, which lies in rival.
    func operatorToken(_ name: String, scopes: Set<Scope>) async throws -> String {
        let holder = try await workspaces.operators.named(name)
        let made = try await workspaces.tokens.create(
            workspace: directory.rival, user: nil, operator: holder, name: name, scopes: scopes, by: .system("test"))
        return try #require(made.secret?.text)
    }

    /// Publishes a character of acme's as a version; returns the agent's id.
    @discardableResult
    func publish(_ character: String, as version: String, changelog: String = "") async throws -> UUID {
        let agent = try await directory.publish(character, publish: false)
        let result = try await WorkspaceDesk(pool: directory.pool).publish(
            agent, version: version, changelog: changelog, of: directory.acme, by: .token(UUID()))
        guard case .published = result else {
            Issue.record("\(version) was not published: \(result)")
            return agent
        }
        return agent
    }

    /// Sets a status as operators do.
    func setStatus(_ status: ListingStatus, reason: String, of name: String = "eliza") async throws {
        let isSet = try await directory.pool.transaction(.role(.upkeep)) { transaction in
            try await DirectoryStore.setStatus(status, reason: reason, owner: "acme", name: name, in: transaction)
        }
        #expect(isSet)
    }

    // MARK: Browsers

    /// Looks at the pages with a browser of somebody who is not signed in.
    /// - Parameter oversight: watches as it does in the server; nobody does when nil.
    func browsing(under oversight: AccessOversight? = nil, _ body: @escaping @Sendable (PageBrowser) async throws -> Void) async throws {
        var options = WebResponder.Options(problems: ProblemMapping.table)
        if let oversight {
            options.beforeAuthentication = [oversight.beforeAuthentication { _, _ in "203.0.113.9" }]
            options.afterAuthentication = [oversight.afterAuthentication]
            options.aroundPages = [oversight.aroundPages { _, _ in "203.0.113.9" }]
        }
        let responder = WebResponder(
            authenticator: workspaces.authenticator, features: [directory.directory.routes], pages: [pages.routes], options: options)
        let differences = OpenAPI.differences(routes: responder.routes, operations: responder.operations, except: DirectoryPages.paths)
        #expect(differences == [])
        try await Application(responder: responder).test(.router) { client in try await body(PageBrowser(client: client)) }
    }

    /// The same with one that has signed in for rival.
    func signedIn(
        scopes: Set<Scope> = Scope.workspace, under oversight: AccessOversight? = nil, _ body: @escaping @Sendable (PageBrowser) async throws -> Void
    ) async throws {
        let token = try await token(scopes: scopes)
        try await browsing(under: oversight) { browser in
            let answer = try await browser.signIn(token)
            #expect(answer.status == .seeOther)
            try await body(browser)
        }
    }
}

/// One answer.
struct PageAnswer: Sendable {
    let status: HTTPResponse.Status
    let headers: HTTPFields
    let text: String

    var location: String? { headers[.location] }

    /// The value of a field that a form of the page hides, or shows.
    func field(_ name: String) -> String? {
        guard let start = text.range(of: "name=\"\(name)\" value=\"") else { return nil }
        return String(text[start.upperBound...].prefix { $0 != "\"" })
    }

    /// Where links lead whose addresses begin so, as they stand in the page.
    func links(_ beginning: String) -> [String] {
        text.components(separatedBy: "href=\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
            .map { $0.replacing("&amp;", with: "&") }.filter { $0.hasPrefix(beginning) }
    }
}

/// A person with a browser: it keeps cookies, runs no JavaScript and follows no redirects by itself.
actor PageBrowser {
    private let client: any TestClientProtocol
    private var cookies: [String: String] = [:]

    init(client: any TestClientProtocol) {
        self.client = client
    }

    func cookie(_ name: String) -> String? { cookies[name] }
    func setCookie(_ name: String, _ value: String?) { cookies[name] = value }

    /// Another one's, at another place.
    func other() -> PageBrowser { PageBrowser(client: client) }

    func get(_ path: String, headers: HTTPFields = [:]) async throws -> PageAnswer {
        try await send(.get, path, headers, nil)
    }

    /// Sends a form.
    func post(_ path: String, _ fields: [(name: String, value: String?)] = [], headers: HTTPFields = [:]) async throws -> PageAnswer {
        var headers = headers
        headers[.contentType] = "application/x-www-form-urlencoded"
        return try await send(.post, path, headers, ByteBuffer(string: String(PageAddress.query("", fields).dropFirst())))
    }

    /// Loads a page and sends one of its forms with what the page hides in it.
    func act(_ path: String, from page: String, _ fields: [(name: String, value: String?)] = []) async throws -> PageAnswer {
        let token = try await get(page).field("form")
        return try await post(path, fields + [(name: "form", value: token)])
    }

    /// Shows a token on the sign-in page.
    @discardableResult
    func signIn(_ token: String, next: String? = nil) async throws -> PageAnswer {
        try await act("/sign-in", from: "/sign-in", [(name: "token", value: token), (name: "next", value: next)])
    }

    private func send(_ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields, _ body: ByteBuffer?) async throws -> PageAnswer {
        var headers = headers
        if !cookies.isEmpty { headers[.cookie] = cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ") }
        let response = try await client.executeRequest(uri: path, method: method, headers: headers, body: body)
        let answer = PageAnswer(status: response.status, headers: response.headers, text: String(buffer: response.body))
        for field in answer.headers[values: .setCookie] {
            let pair = field.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2 else { continue }
            cookies[String(pair[0])] = field.contains("Max-Age=0;") ? nil : String(pair[1])
        }
        return answer
    }
}

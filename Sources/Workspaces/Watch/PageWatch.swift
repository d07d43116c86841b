import Foundation
import HTTPTypes
import Hummingbird
import Web

/// The watch, for pages. They find out by themselves who is looking, and make pages of whatever goes wrong: so no middleware around
/// them sees either, and they tell the watch themselves. It travels with the task.
package enum PageWatch {
    @TaskLocal static var current: (any PageWatching)?

    /// A visitor's fork was accepted, and is no repetition of one.
    package static func noteFork(by visitor: SessionVisitor) {
        current?.noteFork(by: visitor)
    }
}

/// What a page tells the watch.
protocol PageWatching: Sendable {
    /// Somebody has shown a token, or an invitation's code, that is expired, revoked or never was.
    func noteRefusedToken()

    /// Somebody has signed in with an account of the identity provider for a workspace that the account is no member of, or that is none.
    func noteStranger(_ account: UUID, slug: String)

    /// Gives a visitor the answer, as the middleware does for a token that is shown to the API: at once, after a while or not at all;
    /// and what is refused is noted.
    /// - Parameter slug: of the visitor's own workspace; asked for where it makes a difference.
    /// - Throws: a 429 problem for a visitor whose token is locked, and whatever the answer throws.
    func answering(_ visitor: SessionVisitor, slug: () async -> String?, _ answer: () async throws -> Response) async throws -> Response

    func noteFork(by visitor: SessionVisitor)
}

/// Hands the watch to pages: it stands around them, and around nothing else.
struct PageWatchMiddleware<C: Clock>: RouterMiddleware where C.Duration == Duration {
    let watch: AccessWatch<C>
    let source: RequestSource

    func handle(_ request: Request, context: AppContext, next: (Request, AppContext) async throws -> Response) async throws -> Response {
        let visit = PageVisit(tokens: TokenWatch(watch: watch), request: request, context: context, source: source)
        return try await PageWatch.$current.withValue(visit) { try await next(request, context) }
    }
}

/// One request for a page.
private struct PageVisit<C: Clock>: PageWatching where C.Duration == Duration {
    let tokens: TokenWatch<C>
    let request: Request
    let context: AppContext
    let source: RequestSource

    func noteRefusedToken() {
        tokens.watch.noted(.refusedTokens, of: WatchSubject(of: request, context, by: source))
    }

    func noteStranger(_ account: UUID, slug: String) {
        tokens.watch.noted(.foreignWorkspaces, of: .account(account), thing: WatchedThing.mark([slug[...]]))
    }

    func answering(_ visitor: SessionVisitor, slug: () async -> String?, _ answer: () async throws -> Response) async throws -> Response {
        try await tokens.admit(Self.identity(of: visitor))
        let response: Response
        do {
            response = try await answer()
        } catch {
            if let fault = WatchedFault(error) { await note(fault, visitor, slug) }
            throw error
        }
        if let fault = WatchedFault(status: response.status.code) { await note(fault, visitor, slug) }
        return response
    }

    func noteFork(by visitor: SessionVisitor) {
        tokens.noteFork(Self.identity(of: visitor))
    }

    private func note(_ fault: WatchedFault, _ visitor: SessionVisitor, _ slug: () async -> String?) async {
        let own = WatchedThing.owner(in: context) == nil ? nil : await slug()
        tokens.note(fault, Self.identity(of: visitor, slug: own), context)
    }

    /// A session names its token and the workspace's id; the rest of an identity is nothing to the watch.
    private static func identity(of visitor: SessionVisitor, slug: String? = nil) -> Identity {
        Identity(
            workspace: visitor.session.workspace, workspaceSlug: slug ?? "", tokenID: visitor.session.token, user: nil, scopes: visitor.scopes)
    }
}

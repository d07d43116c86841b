import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Postgres
import Synchronization
import TestSupport
import Testing
import Web

@testable import Workspaces

@Suite("What is open for a token that ends", .timeLimit(.minutes(2)))
struct TokenWatchingTests {
    private func identity(_ secret: TokenSecret, _ fixture: TokensFixture) async throws -> Identity {
        guard case .valid(let identity) = try await fixture.tokens.verdict(hash: secret.hash) else {
            throw TestSupportError("the token is not valid")
        }
        return identity
    }

    enum Act: CaseIterable { case revoking, expiry, locking, lowering, removal, deletion }

    @Test("each way in which a token ends, or may do less, is found; others are not touched by it", arguments: Act.allCases)
    func ended(_ act: Act) async throws {
        let fixture = try await TokensFixture.make()
        let workspace = fixture.acme.workspace.id
        let bob = try await fixture.join("bob", as: .member)
        let secret = act == .expiry ? TokenSecret() : bob.secret
        if act == .expiry {
            _ = try await fixture.tokens.create(
                workspace: workspace, user: nil, name: "short", scopes: [.jobsRead], expiresAt: Date().addingTimeInterval(3600), by: .tester,
                secret: secret)
        }
        let (mine, others) = (try await identity(secret, fixture), try await identity(fixture.other.secret, fixture))
        let before = try await fixture.tokens.ended(among: [mine, others])
        #expect(before.isEmpty)
        switch act {
        case .revoking: #expect(try await fixture.tokens.revoke(mine.tokenID, workspace: workspace, by: .tester))
        case .expiry: try await fixture.moveTime(by: 3601)
        case .locking:
            _ = try await fixture.database.psql(
                "update tokens set locked_until = mainstay_now() + interval '1 hour' where id = '\(mine.tokenID)'")
        case .lowering: _ = try await fixture.database.psql("update members set role = 'viewer' where id = '\(bob.member.id)'")
        case .removal:
            try await fixture.members.remove(bob.member.id, from: workspace, as: .owner, of: fixture.acme.owner.id, by: .tester)
        case .deletion: _ = try await fixture.workspaces.delete(workspace, grace: .standard, by: .tester)
        }
        let after = try await fixture.tokens.ended(among: [mine, others])
        #expect(after == [mine])
        let nobody = Identity(workspace: workspace, workspaceSlug: "acme", tokenID: UUID(), user: nil, scopes: [])
        let unknown = try await fixture.tokens.ended(among: [nobody])
        #expect(unknown == [nobody])
    }

    /// Takes a first piece and no other.
    private struct FullWriter: ResponseBodyWriter {
        let pieces: AsyncStream<ByteBuffer>.Continuation
        let finished: @Sendable () -> Void

        mutating func write(_ buffer: ByteBuffer) async throws {
            pieces.yield(buffer)
            try await neverReturning()
        }

        consuming func finish(_ trailingHeaders: HTTPFields?) async throws { finished() }
    }

    @Test("an export is cut without its end, and the next request is refused")
    func export() async throws {
        let fixture = try await TokensFixture.make()
        let pool = fixture.pool
        let (pieces, piece) = AsyncStream.makeStream(of: ByteBuffer.self)
        let isFinished = Mutex(false)
        let store = fixture.tokens
        let watch = IdentityWatch(logger: Logger(label: "test.workspaces")) { try await store.ended(among: $0) }
        var routes = APIRoutes()
        routes.on(APIOperation(.get, "/v1/held-export", summary: "An export", tag: "Tests", answers: [.noContent])) { request, context in
            let export = ExportResponse(reader: ExportReader(context.identity.workspace, pool: pool, by: .tester), hold: context.hold, slug: "acme")
            let response = export.response(from: request, context: context)
            do {
                try await response.body.write(FullWriter(pieces: piece, finished: { isFinished.withLock { $0 = true } }))
                return "whole"
            } catch is IdentityEnded {
                return "cut"
            }
        }
        let secret = fixture.acme.secret
        try await fixture.application([routes], watch: watch).test(.router) { client in
            async let answer = client.execute(uri: "/v1/held-export", method: .get, headers: .bearing(secret)) { String(buffer: $0.body) }
            var first = pieces.makeAsyncIterator()
            let begun = await first.next()
            #expect(begun != nil)
            try await eventually { watch.watched == 1 }
            await watch.look()
            #expect(watch.watched == 1)
            #expect(try await store.revoke(fixture.acme.token.id, workspace: fixture.acme.workspace.id, by: .tester))
            await watch.look()
            let text = try await answer
            let hasEnd = isFinished.withLock { $0 }
            #expect(text == "cut" && !hasEnd)
            let status = try await client.execute(uri: "/v1/workspace", method: .get, headers: .bearing(secret)) { $0.status }
            #expect(status == .unauthorized)
        }
    }

    @Test("a wait for a job is over at once, and its answer closes the connection")
    func wait() async throws {
        let watch = IdentityWatch(logger: Logger(label: "test.workspaces")) { Set($0) }
        var options = WebResponder.Options(problems: ProblemMapping.table)
        options.identityWatch = watch
        let routes = JobRoutes(status: { _, _, _ in
            try await neverReturning()
            return nil
        }).routes()
        let responder = WebResponder(authenticator: Doorkeeper(scopes: ["jobs:read"]), features: [routes], options: options)
        try await Application(responder: responder).test(.router) { client in
            async let answer = client.execute(uri: "/v1/jobs/\(UUID())?wait=60s", method: .get, headers: [.authorization: "Bearer good"])
            try await eventually { watch.watched == 1 }
            await watch.look()
            let response = try await answer
            #expect(response.status == .unauthorized && response.headers[.connection] == "close")
        }
    }
}

/// Suspends until the task is cancelled.
private func neverReturning() async throws {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    for await _ in stream {}
    continuation.finish()
    throw CancellationError()
}

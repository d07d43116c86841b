package import LocalStack
import Logging
import Schema

#if canImport(Darwin)
import Foundation
#else
import FoundationEssentials
#endif

/// The servers of this test run: two redis-servers and a PostgreSQL, started by the first test that asks, shared by all,
/// stopped and removed when the test process ends in whatever way.
///
/// ```swift
/// let stack = try await TestStack.shared()
/// let prefix = TestStack.uniquePrefix()   // keys of this suite: nobody else's
/// ```
///
/// Suites run in parallel: keep to keys below `uniquePrefix()` (never FLUSHALL) and to a database of your own
/// (`TestDatabase.make()`). A suite that kills or stops a server makes a stack of its own with `withOwnStack`.
package struct TestStack: Sendable {
    /// What `start(_:)`, `stop(_:)` and `kill(_:)` of single servers are called on, in a stack of one's own.
    package let servers: LocalStack
    package let endpoints: Endpoints

    /// The queues' Redis: durable.
    package var redisURL: String { endpoints.redisURL }
    /// The run logs' Redis: no file.
    package var runLogURL: String { endpoints.runLogURL }

    private static let only = Once { try await start(in: TestFolder.make("shared"), profile: .test) }

    /// The stack of this process. The first call takes about two seconds.
    package static func shared() async throws -> TestStack {
        try await only.value()
    }

    /// Runs `body` with servers of its own, which it may kill, stop and start as it likes; they are removed afterwards.
    package static func withOwnStack<R: Sendable>(
        profile: Profile = .test, _ body: @Sendable (TestStack) async throws -> R
    ) async throws -> R {
        let stack = try await start(in: TestFolder.make("own"), profile: profile)
        do {
            let result = try await body(stack)
            try await stack.servers.wipe()
            return result
        } catch {
            // The body's error is the one to tell; what could not be removed here is removed when the process ends.
            try? await stack.servers.wipe()
            throw error
        }
    }

    /// A word that no other call in this or another test process returns: begin the names of keys, queues, channels with it.
    package static func uniquePrefix(_ word: String = "test") -> String {
        "\(word)-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    }

    private static func start(in folder: String, profile: Profile) async throws -> TestStack {
        let servers = LocalStack(folder: folder, roles: Schema.roles, profile: profile, logger: Logger(label: "test.stack"))
        return TestStack(servers: servers, endpoints: try await servers.start())
    }
}

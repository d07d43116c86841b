import Foundation
import Logging
import Postgres
import TestSupport

/// A database of one's own without a table, reached as the role that owns it.
struct Database {
    let test: TestDatabase

    static func make() async throws -> Database { Database(test: try await TestDatabase.makeEmpty()) }

    var url: String { test.ownerURL }

    /// The server's port, as the URL names it.
    var port: Int { URLComponents(string: url)?.port ?? 0 }

    func withPool<R: Sendable>(
        size: Int = 1, url: String? = nil, configure: (inout PostgresConfiguration) -> Void = { _ in },
        _ body: @Sendable (PostgresPool) async throws -> R
    ) async throws -> R {
        try await TestSupport.withPool(url ?? self.url, size: size, configure: configure, body)
    }

    /// A proxy in front of the server, stopped afterwards.
    func withProxy<R: Sendable>(_ body: @Sendable (TestProxy, String) async throws -> R) async throws -> R {
        let proxy = try TestProxy(to: port)
        defer { proxy.stop() }
        return try await body(proxy, proxy.url(url, port: port))
    }
}

extension PostgresPool {
    /// The server process behind the next connection that is lent.
    func serverProcess() async throws -> Int {
        try await query(.unscoped, "select pg_backend_pid()")[0].decode(0)
    }

    func count(_ sql: SQL) async throws -> Int { try await query(.unscoped, sql)[0].decode(0) }
}

/// The error of a call that has to fail, as one of the module's.
func failure<R>(_ body: () async throws -> R) async -> PostgresError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? PostgresError
    }
}

import Foundation
import Postgres
import TestSupport

/// A migrated database of one's own, with what its catalogue says, and three ways into it.
struct IsolationFixture: Sendable {
    let database: TestDatabase
    /// Sets up, and sees what is really there.
    let superuser: PostgresPool
    /// Owns the tables.
    let owner: PostgresPool
    /// As ingress and workers, over one connection: what one statement leaves behind, the next one finds.
    let server: PostgresPool
    let catalogue: Catalogue
    let rows: RowBuilder

    /// - Parameter change: a script that is run as superuser before anything is looked at.
    static func with(_ change: String? = nil, _ body: @Sendable (IsolationFixture) async throws -> Void) async throws {
        let database = try await TestDatabase.make()
        if let change { _ = try await database.psql(change) }
        try await withPool(database.superuserURL, size: 1) { superuser in
            try await withPool(database.ownerURL, size: 1) { owner in
                try await withPool(database.serverURL, size: 1) { server in
                    let catalogue = try await CatalogueStore.read(superuser)
                    let rows = RowBuilder(catalogue: catalogue, superuser: superuser)
                    try await body(
                        IsolationFixture(
                            database: database, superuser: superuser, owner: owner, server: server, catalogue: catalogue, rows: rows))
                }
            }
        }
    }

    var matrix: IsolationMatrix { IsolationMatrix(catalogue: catalogue, rows: rows, server: server, owner: owner) }

    /// What a statement finds that gives one number and is undone afterwards.
    func count(_ scope: PostgresScope, _ sql: SQL, _ ids: [UUID] = []) async throws -> Int {
        do {
            try await server.transaction(scope) { transaction in
                let found = try await transaction.run(sql, parameters: ids, file: #fileID, line: #line).rows.first
                throw Undone(count: try found?.decode(0, as: Int.self) ?? -1)
            }
            // Not reached: the body always throws.
            return -1
        } catch let undone as Undone {
            return undone.count
        }
    }

    private struct Undone: Error {
        let count: Int
    }
}

/// The error of a call that the database has to refuse.
func refusal<R>(_ body: () async throws -> R) async throws -> PostgresError? {
    do {
        _ = try await body()
        return nil
    } catch let error as PostgresError {
        return error
    }
}

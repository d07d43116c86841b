import LocalStack
import Logging
import Postgres
import Schema

/// A database of one's own in the shared PostgreSQL, with all migrations run.
///
/// Making one copies a template that was migrated once, about 50 ms. It is gone with the servers when the process ends.
package struct TestDatabase: Sendable {
    package let stack: TestStack
    package let name: String

    package var superuserURL: String { stack.endpoints.postgres(.superuser, database: name) }
    package var ownerURL: String { stack.endpoints.postgres(.owner, database: name) }
    package var serverURL: String { stack.endpoints.postgres(.server, database: name) }
    package var reportingURL: String { stack.endpoints.postgres(.reporting, database: name) }

    private static let template = Once {
        let stack = try await TestStack.shared()
        let database = try await create("mainstay_template", from: "template0", in: stack)
        try await withPool(database.ownerURL, size: 1) { pool in
            _ = try await Migrator(pool: pool, logger: Logger(label: "test.migrator")).run()
        }
        return database
    }

    /// A migrated database in the shared stack.
    package static func make() async throws -> TestDatabase {
        let template = try await template.value()
        return try await create(TestStack.uniquePrefix(), from: template.name, in: template.stack)
    }

    /// A migrated database in another stack, where no template waits.
    package static func makeMigrated(in stack: TestStack) async throws -> TestDatabase {
        let database = try await create(TestStack.uniquePrefix(), from: "template0", in: stack)
        try await withPool(database.ownerURL, size: 1) { pool in
            _ = try await Migrator(pool: pool, logger: Logger(label: "test.migrator")).run()
        }
        return database
    }

    /// A database without a single table, for tests of what makes them.
    package static func makeEmpty() async throws -> TestDatabase {
        try await create(TestStack.uniquePrefix(), from: "template0", in: TestStack.shared())
    }

    /// Runs a script in it as superuser; returns rows, columns parted by `|`.
    package func psql(_ script: String) async throws -> String {
        try await stack.servers.psql(script, database: name)
    }

    private static func create(_ name: String, from template: String, in stack: TestStack) async throws -> TestDatabase {
        let sql = SQL.trusted(file: "create database \"\(name)\" owner \(LoginRole.owner.rawValue) template \"\(template)\"")
        try await withPool(stack.endpoints.postgres(.superuser, database: "postgres"), size: 1) { pool in
            try await pool.runOutsideTransaction(sql)
        }
        return TestDatabase(stack: stack, name: name)
    }
}

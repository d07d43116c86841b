import Postgres
import Schema

/// Which of the migrations that this program ships a database has not run.
///
/// That the database ran more than are shipped is no fault here: during a release the processes of the one before go on, and
/// start again, on the newer schema. (`mainstay migrate` compares the files' contents too, and refuses.)
struct PendingMigrations: Sendable, Equatable {
    /// Names of files, in their order.
    let files: [String]
    /// How many files are shipped.
    let shipped: Int
    /// None was run: this is an empty database, or not one of ours.
    let isFirst: Bool

    /// What is wrong, with the command that puts it right; nil when nothing is.
    var fault: String? {
        if files.isEmpty { return nil }
        if isFirst { return "the database is not migrated: run `mainstay migrate`." }
        return "migrations are pending (\(files.joined(separator: ", "))): run `mainstay migrate`."
    }

    init(shipped: [(number: Int, file: String)], applied: Set<Int>) {
        files = shipped.filter { !applied.contains($0.number) }.map { $0.file }
        self.shipped = shipped.count
        isFirst = applied.isEmpty
    }

    /// - Parameter pool: of the server's role, which may read the table.
    static func look(in pool: PostgresPool) async throws -> PendingMigrations {
        let shipped = try Schema.migrations().map { (number: $0.number, file: $0.file) }
        let isThere = try await pool.query(.unscoped, find).first?.decode("found", as: Bool.self) ?? false
        guard isThere else { return PendingMigrations(shipped: shipped, applied: []) }
        let numbers = try await pool.query(.unscoped, list).map { try $0.decode("number", as: Int32.self) }
        return PendingMigrations(shipped: shipped, applied: Set(numbers.map { Int($0) }))
    }

    private static let find: SQL = """
        -- find schema_migrations
        select to_regclass('public.schema_migrations') is not null as found
        """

    private static let list: SQL = """
        -- list numbers of migrations
        select number from public.schema_migrations
        """
}

import Foundation
import Postgres

/// The SQL of an export, in the scope of the workspace. Which tables and columns there are, the functions of the database find in
/// its catalogue; row-level security hides what is another workspace's.
struct ExportStore: Sendable {
    let pool: PostgresPool

    struct Page: Sendable {
        /// Each a JSON document, without its end.
        let lines: [String]
        /// What the next page is behind; nil when this is the table's last.
        let after: String?
    }

    /// Begins an export, and tells the access log who has it.
    /// - Returns: the names of the tables, in their order.
    func begin(of workspace: UUID, by actor: AccessActor) async throws -> [String] {
        try await pool.transaction(.workspaces([workspace])) { transaction in
            let tables = try await transaction.query(Self.findTables).map { try $0.decode("name", as: String.self) }
            AccessLogStore.append(.exported(workspace: workspace, by: actor), in: transaction)
            return tables
        }
    }

    /// Rows of a table, in the order of their ids.
    func page(of table: String, workspace: UUID, after key: String?, limit: Int) async throws -> Page {
        let rows = try await pool.query(.workspaces([workspace]), Self.readPage, table, key, limit, timeout: .seconds(60))
        let last = try rows.last.flatMap { try $0.decode("key", as: String?.self) }
        return Page(lines: try rows.map { try $0.decode("line") }, after: rows.count < limit ? nil : last)
    }

    private static let findTables: SQL = """
        -- list tables of an export
        select name from export_tables() as name
        """
    private static let readPage: SQL = """
        -- read a page of an export
        select key, line from export_page($1, $2, $3)
        """
}

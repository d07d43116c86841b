package import Foundation
package import Postgres

/// What a workspace may take along: its rows in all tables and the people in it, as lines `{"table":…,"row":{…}}`; no hash, no secret,
/// no bytes.
///
/// A page at a time, each in a transaction of its own: a reader that is slow holds no connection and no snapshot. So what changes
/// meanwhile is in it as it is when its page is read.
///
/// The access log tells of it before the first page is read: how much of it somebody took, nobody knows.
package struct ExportReader: Sendable {
    private let store: ExportStore
    private let workspace: UUID
    private let actor: AccessActor
    private let limit: Int
    /// Tables that are still to be read; nil before the first page.
    private var tables: ArraySlice<String>?
    private var after: String?

    /// - Parameters:
    ///   - actor: who takes it.
    ///   - limit: rows of a page: some hundred kilobytes where rows are long.
    package init(_ workspace: UUID, pool: PostgresPool, by actor: AccessActor, limit: Int = 200) {
        self.store = ExportStore(pool: pool)
        self.workspace = workspace
        self.actor = actor
        self.limit = limit
    }

    /// The next lines; nil at the end.
    package mutating func next() async throws -> [String]? {
        if tables == nil { tables = try await store.begin(of: workspace, by: actor)[...] }
        while let table = tables?.first {
            let page = try await store.page(of: table, workspace: workspace, after: after, limit: limit)
            after = page.after
            if after == nil { tables = tables?.dropFirst() }
            if !page.lines.isEmpty { return page.lines }
        }
        return nil
    }
}

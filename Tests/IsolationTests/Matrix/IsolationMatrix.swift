import Foundation
import Postgres

/// Every tenant table × every command × everyone who might ask, as the server asks: in a transaction with its scope.
///
/// Tables, columns, grants and the rows themselves come from the catalogue, so that a table of tomorrow is in it without a word.
/// Of each table a workspace has a row, another has one, and a third is only ever offered: the one that must not get in.
struct IsolationMatrix: Sendable {
    let catalogue: Catalogue
    let rows: RowBuilder
    let server: PostgresPool
    let owner: PostgresPool

    private struct Trial {
        let table: Table
        let mine: NewRow
        let theirs: NewRow
        /// Of the same workspace as `mine`, and in no table.
        let spare: NewRow

        var askers: [(asker: Asker, scope: PostgresScope)] {
            [(.other, .workspaces([theirs.workspace])), (.none, .workspaces([])), (.unset, .unscoped)]
        }
    }

    /// - Throws: `RowFault` when a row of some table could not be made.
    func run(own: UUID, other: UUID) async throws -> MatrixReport {
        var report = MatrixReport()
        for table in catalogue.tenantTables {
            // A workspace is its own tenant, and one whose rows refer to nothing can be deleted.
            let (first, second) = table.name == "workspaces" ? (UUID(), UUID()) : (own, other)
            let trial = Trial(
                table: table, mine: try await rows.prepare(table, in: first), theirs: try await rows.prepare(table, in: second),
                spare: try await rows.prepare(table, in: first))
            report.begin()
            try await insert(trial, &report)
            try await select(trial, &report)
            try await update(trial, &report)
            try await delete(trial, &report)
        }
        return report
    }

    // MARK: Commands

    private func insert(_ trial: Trial, _ report: inout MatrixReport) async throws {
        let (table, mine, theirs, spare) = (trial.table, trial.mine, trial.theirs, trial.spare)
        let scope = PostgresScope.workspaces([mine.workspace])
        guard mine.values.keys.allSatisfy({ table.column($0)?.canInsert == true }) else {
            report.noteUngranted(.insert, of: table)
            report.note("insert", on: table, by: .own, try await attempt(server, scope, spare, spare.insertion), wanted: .refusedByGrant)
            try await rows.write(mine)
            try await rows.write(theirs)
            return
        }
        for (asker, scope) in trial.askers {
            report.note("insert", on: table, by: asker, try await attempt(server, scope, spare, spare.insertion), wanted: .refusedByPolicy)
        }
        report.note("insert", on: table, by: .owner, try await attempt(owner, .unscoped, spare, spare.insertion), wanted: .refusedByPolicy)
        for row in [mine, theirs] {
            let found = try await attempt(server, .workspaces([row.workspace]), row, row.insertion)
            report.note("insert", on: table, by: .own, found, wanted: .rows(1))
        }
    }

    private func select(_ trial: Trial, _ report: inout MatrixReport) async throws {
        let (table, mine, theirs) = (trial.table, trial.mine, trial.theirs)
        let own = try await attempt(server, .workspaces([mine.workspace]), mine, mine.selection)
        guard table.primaryKey.allSatisfy({ table.column($0)?.canSelect == true }) else {
            report.noteUngranted(.select, of: table)
            report.note("select", on: table, by: .own, own, wanted: .refusedByGrant)
            return
        }
        report.note("select", on: table, by: .own, own, wanted: .rows(1))
        let isPublished = WrittenList.publishedTables[table.name] != nil
        for (asker, scope) in trial.askers {
            let found = try await attempt(server, scope, mine, mine.selection)
            report.note("select", on: table, by: asker, found, wanted: .rows(isPublished ? 1 : 0))
        }
        for row in [mine, theirs] {
            let found = try await attempt(server, .workspaces([mine.workspace, theirs.workspace]), row, row.selection)
            report.note("select", on: table, by: .both, found, wanted: .rows(1))
        }
    }

    /// Locking a row takes the right to update, and the policies of both.
    private func update(_ trial: Trial, _ report: inout MatrixReport) async throws {
        let (table, mine) = (trial.table, trial.mine)
        let scope = PostgresScope.workspaces([mine.workspace])
        guard let column = table.columns.last(where: { $0.canUpdate && $0.canSelect && !$0.isMade }) else {
            report.noteUngranted(.update, of: table)
            guard let first = table.columns.first(where: { !$0.isMade }) else { return }
            report.note("update", on: table, by: .own, try await attempt(server, scope, mine, mine.update(of: first)), wanted: .refusedByGrant)
            return
        }
        let statement = mine.update(of: column)
        for (asker, scope) in trial.askers {
            report.note("update", on: table, by: asker, try await attempt(server, scope, mine, statement), wanted: .rows(0))
            // A lock shows what both policies show, and so nothing of what is published either.
            report.note("lock", on: table, by: asker, try await attempt(server, scope, mine, mine.locking), wanted: .rows(0))
        }
        report.note("update", on: table, by: .owner, try await attempt(owner, .unscoped, mine, statement), wanted: .rows(0))
        report.note("update", on: table, by: .own, try await attempt(server, scope, mine, statement), wanted: .rows(1))
        report.note("lock", on: table, by: .own, try await attempt(server, scope, mine, mine.locking), wanted: .rows(1))
        if let tenant = table.tenantColumn, table.column(tenant)?.canUpdate == true {
            let moved = try await attempt(server, scope, mine, mine.move(tenant), trial.theirs.workspace)
            report.note("move to another workspace", on: table, by: .own, moved, wanted: .refusedByPolicy)
        }
    }

    private func delete(_ trial: Trial, _ report: inout MatrixReport) async throws {
        let (table, mine) = (trial.table, trial.mine)
        let scope = PostgresScope.workspaces([mine.workspace])
        if table.canDelete {
            for (asker, scope) in trial.askers {
                report.note("delete", on: table, by: asker, try await attempt(server, scope, mine, mine.deletion), wanted: .rows(0))
            }
            report.note("delete", on: table, by: .owner, try await attempt(owner, .unscoped, mine, mine.deletion), wanted: .rows(0))
            report.note("delete", on: table, by: .own, try await attempt(server, scope, mine, mine.deletion), wanted: .rows(1))
        } else {
            report.noteUngranted(.delete, of: table)
            report.note("delete", on: table, by: .own, try await attempt(server, scope, mine, mine.deletion), wanted: .refusedByGrant)
        }
        // After all that one workspace did, the other's row stands.
        let left = try await attempt(rows.superuser, .unscoped, trial.theirs, trial.theirs.selection)
        report.note("survive", on: table, by: .other, left, wanted: .rows(1))
        // A workspace may have one row of a kind only, and the matrix may be run again.
        for row in [mine, trial.theirs] { _ = try await attempt(rows.superuser, .workspaces([row.workspace]), row, row.deletion) }
    }

    // MARK: A statement

    private func attempt(
        _ pool: PostgresPool, _ scope: PostgresScope, _ row: NewRow, _ sql: SQL, _ more: UUID? = nil
    ) async throws -> Outcome {
        do {
            // The rows that a select shows are counted like those that another statement touches.
            guard let more else { return .rows(try await pool.execute(scope, sql, row.document)) }
            return .rows(try await pool.execute(scope, sql, row.document, more))
        } catch let error as PostgresError where error.code == .server {
            return Outcome(error)
        }
    }
}

import Foundation
import Postgres

/// Makes rows of any table from the catalogue alone: what has no default gets a value that its checks allow, and what a foreign
/// key leads to is made first. A table that it cannot make a row of is an error, and never left out.
actor RowBuilder {
    let catalogue: Catalogue
    let superuser: PostgresPool
    private let salt = String(UInt32.random(in: 0x1000_0000...0xffff_ffff), radix: 16)
    private var number = 0
    /// By table, which of its candidates each column takes: found out once, for the checks are the same for every row.
    private var choices: [String: [String: Int]] = [:]

    init(catalogue: Catalogue, superuser: PostgresPool) {
        self.catalogue = catalogue
        self.superuser = superuser
    }

    /// A new workspace.
    func makeWorkspace() async throws -> UUID {
        let id = UUID()
        try await write(try await prepare(try table("workspaces"), in: id))
        return id
    }

    /// Makes all that a row of `table` has to refer to, and gives the row itself back, which is in no table yet.
    func prepare(_ table: Table, in workspace: UUID) async throws -> NewRow {
        try await prepare(table, workspace, given: [:], path: [])
    }

    /// Makes a row and all that it has to refer to.
    @discardableResult
    func put(_ name: String, in workspace: UUID) async throws -> NewRow {
        let row = try await prepare(try table(name), in: workspace)
        try await write(row)
        return row
    }

    /// Writes a row as superuser, whom no policy and no grant holds.
    func write(_ row: NewRow) async throws {
        do {
            try await superuser.execute(.workspaces([row.workspace]), row.insertionUnlessThere, row.document)
        } catch {
            throw RowFault("a row of \(row.table.name) could not be written: \(error); it was \(String(decoding: row.document.bytes, as: UTF8.self))")
        }
    }

    func table(_ name: String) throws -> Table {
        guard let table = catalogue.table(name) else { throw RowFault("there is no table \(name)") }
        return table
    }

    // MARK: One row

    private func prepare(_ table: Table, _ workspace: UUID, given: [String: String], path: [String]) async throws -> NewRow {
        guard !path.contains(table.name) else {
            throw RowFault("\((path + [table.name]).joined(separator: " refers to ")), in a circle: name a value in SpecialValues")
        }
        number += 1
        let candidates = Candidates(number: number, salt: salt)
        var values = given
        if let tenant = table.tenantColumn { values[tenant] = Candidates.uuid(workspace) }
        for column in table.columns where values[column.name] == nil {
            switch SpecialValues.value(table, column) {
            case .json(let json): values[column.name] = json
            case .slug: values[column.name] = Candidates.text(try await slug(of: workspace))
            case nil: break
            }
        }
        // The longest first: what it leads to has made what a shorter one with the same columns leads to.
        for key in table.foreignKeys.sorted(by: { $0.columns.count > $1.columns.count }) {
            try await follow(key, of: table, workspace, &values, path)
        }
        for (column, value) in try await fill(table, values, candidates) { values[column] = value }
        return NewRow(table: table, workspace: workspace, values: values)
    }

    /// Makes the row that a foreign key leads to, and takes its values over. A key with a null in it leads nowhere.
    private func follow(
        _ key: ForeignKey, of table: Table, _ workspace: UUID, _ values: inout [String: String], _ path: [String]
    ) async throws {
        guard let target = catalogue.table(oid: key.target) else { throw RowFault("\(key.name) leads to no table of ours") }
        if target.name == "workspaces", let tenant = table.tenantColumn, key.columns == [tenant] { return }
        for column in key.columns where values[column] == nil {
            if table.column(column)?.isRequired != true { return }
        }
        var given: [String: String] = [:]
        for (column, targetColumn) in zip(key.columns, key.targetColumns) { given[targetColumn] = values[column] }
        let row = try await prepare(target, workspace, given: given, path: path + [table.name])
        try await write(row)
        for (column, targetColumn) in zip(key.columns, key.targetColumns) { values[column] = row.values[targetColumn] }
    }

    /// Values for what is still without one and needs it: columns without a default, those of the key, those that others refer to.
    private func fill(_ table: Table, _ values: [String: String], _ candidates: Candidates) async throws -> [String: String] {
        let referredTo = catalogue.columnsReferredTo(in: table)
        let wanted = table.columns.filter { column in
            guard values[column.name] == nil, !column.isMade else { return false }
            return column.isRequired && column.preset == nil || table.primaryKey.contains(column.name) || referredTo.contains(column.name)
        }
        var offers = Offers()
        for column in wanted { offers.add(column, try candidates.values(for: column, in: table)) }
        var choice = choices[table.name] ?? [:]
        for name in choice.keys where !offers.names.contains(name) && values[name] == nil {
            if let column = table.column(name) { offers.add(column, ["null"] + (try candidates.values(for: column, in: table))) }
        }
        // A column that was given to the rows before may be free in this one.
        if choices[table.name] == nil || offers.names.contains(where: { choice[$0] == nil }) {
            let found = try await choose(table, values, &offers, candidates)
            choice.merge(found) { $1 }
            choices[table.name] = choice
        }
        return offers.taking(choice)
    }

    private func slug(of workspace: UUID) async throws -> String {
        let row = try await superuser.query(.unscoped, "-- find a slug\nselect slug from workspaces where id = $1", workspace).first
        guard let row else { throw RowFault("there is no workspace \(workspace)") }
        return try row.decode("slug")
    }
}

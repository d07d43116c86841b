import Foundation
import Postgres

/// A row as it is to be, before or after it is written.
struct NewRow: Sendable {
    let table: Table
    /// Whose it is; of a table that belongs to no workspace, whose row refers to it.
    let workspace: UUID
    /// A piece of JSON for each column that is given.
    let values: [String: String]

    /// The whole row as the one parameter of every statement here: `jsonb_populate_record` makes the types of it.
    var document: PostgresJSON {
        let members = values.sorted { $0.key < $1.key }.map { "\(Candidates.text($0.key)):\($0.value)" }
        return PostgresJSON(bytes: Array("{\(members.joined(separator: ","))}".utf8))
    }

    /// What one of its columns of ids holds.
    func id(_ column: String) throws(RowFault) -> UUID {
        guard let id = values[column].flatMap({ UUID(uuidString: $0.trimmingCharacters(in: ["\""])) }) else {
            throw RowFault("\(table.name).\(column) was given no id")
        }
        return id
    }
}

/// Why a row of a table could not be made.
struct RowFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Statements about one row, put together of names that the catalogue told; values are in `document`, which is `$1`.
extension NewRow {
    var insertion: SQL { SQL.trusted(file: insertText) }

    /// The same, where the row may be there already: two foreign keys may lead to one row.
    var insertionUnlessThere: SQL { SQL.trusted(file: "\(insertText) on conflict do nothing") }

    var selection: SQL { SQL.trusted(file: "-- look for a row\nselect 1 from \(name) as t where \(isThis)") }

    var locking: SQL { SQL.trusted(file: "-- lock a row\nselect 1 from \(name) as t where \(isThis) for update") }

    var deletion: SQL { SQL.trusted(file: "-- delete a row\ndelete from \(name) as t where \(isThis)") }

    /// Gives a column the value that it has.
    func update(of column: Column) -> SQL {
        SQL.trusted(file: "-- update a row\nupdate \(name) as t set \(quoted(column.name)) = t.\(quoted(column.name)) where \(isThis)")
    }

    /// Gives all rows in scope to the workspace `$2`. No column is read: where one is, the policy for reading refuses as well, and would
    /// hide that the one for updates does not.
    func move(_ tenantColumn: String) -> SQL {
        SQL.trusted(file: "-- move a row\nupdate \(name) as t set \(quoted(tenantColumn)) = $2 where $1::jsonb is not null")
    }

    private var name: String { "public.\(quoted(table.name))" }

    private var record: String { "jsonb_populate_record(null::\(name), $1) as r" }

    private var insertText: String {
        let columns = values.keys.sorted().map(quoted)
        let given = columns.map { "r.\($0)" }.joined(separator: ", ")
        return "-- insert a row\ninsert into \(name) (\(columns.joined(separator: ", "))) select \(given) from \(record)"
    }

    private var isThis: String {
        let key = table.primaryKey.map(quoted)
        let found = key.map { "t.\($0)" }.joined(separator: ", ")
        let given = key.map { "r.\($0)" }.joined(separator: ", ")
        return "(\(found)) = (select \(given) from \(record))"
    }

    private func quoted(_ name: String) -> String { "\"\(name)\"" }
}

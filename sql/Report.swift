package import Postgres

/// A question to the reporting views, as a file in sql/reports. The file's first comment line is its title, the comment lines
/// after it say what is counted and how; then comes one select.
package struct Report: Sendable, Equatable {
    /// The file's name without `.sql`, as in `mainstay report NAME`.
    package let name: String
    package let title: String
    /// The rest of the comment: what the columns mean. Lines keep their breaks.
    package let about: String
    /// The select, without a closing semicolon.
    let select: String

    /// All reports, by name.
    package static let all: [Report] = Schema.files(in: "reports")
        .map { Report(file: $0.name, text: $0.text) }
        .sorted { $0.name < $1.name }

    /// The report of this name, if there is one.
    package static func named(_ name: String) -> Report? {
        all.first { $0.name == name }
    }

    init(file: String, text: String) {
        name = file.hasSuffix(".sql") ? String(file.dropLast(4)) : file
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let comment = lines.prefix { $0.hasPrefix("--") }.map { $0.dropFirst(2).drop { $0 == " " } }
        title = comment.first.map(String.init) ?? name
        about = String(comment.dropFirst().joined(separator: "\n").drop { $0 == "\n" })
        var select = lines.dropFirst(comment.count).joined(separator: "\n")[...]
        while let last = select.last, last.isWhitespace || last == ";" { select = select.dropLast() }
        self.select = String(select)
    }

    /// Runs it in a read-only transaction. Times are in UTC.
    ///
    /// - Parameter pool: of the role `mainstay_reporting`, which sees the views and nothing else.
    /// - Throws: `PostgresError`.
    package func run(in pool: PostgresPool) async throws -> ReportTable {
        try await pool.transaction(.unscoped) { transaction in
            try await transaction.execute(Self.readOnly)
            try await transaction.execute(Self.inUTC)
            let empty = try await transaction.run(.trusted(file: shape), parameters: [], file: #fileID, line: #line)
            let rows = try await transaction.query(.trusted(file: asText(columns: empty.columns.count)))
            return ReportTable(
                columns: empty.columns.map { ReportTable.Column(name: $0.name, kind: .init($0.type)) },
                rows: try rows.map { row in try empty.columns.indices.map { try row.decode($0, as: String?.self) } })
        }
    }

    private static let readOnly: SQL = "set transaction read only"
    private static let inUTC: SQL = "set local timezone to 'UTC'"

    /// Finds out the columns without reading a row.
    private var shape: String { "-- columns of report \(name)\nselect * from (\n\(select)\n) as report limit 0" }

    /// Every type has a text form, so that a report may return what it likes; its order by holds, since the server does not merge an
    /// ordered select into the one around it.
    private func asText(columns: Int) -> String {
        let names = (1...max(1, columns)).map { "c\($0)" }
        return """
            -- report \(name)
            select \(names.map { "\($0)::text" }.joined(separator: ", ")) from (
            \(select)
            ) as report (\(names.joined(separator: ", ")))
            """
    }
}

import Postgres

/// What each of some columns might take.
struct Offers: Sendable {
    private(set) var names: [String] = []
    private(set) var values: [String: [String]] = [:]

    mutating func add(_ column: Column, _ offered: [String]) {
        names.append(column.name)
        values[column.name] = offered
    }

    /// The value of each that is chosen.
    func taking(_ choice: [String: Int]) -> [String: String] {
        var taken: [String: String] = [:]
        for (name, place) in choice {
            if let offered = values[name], offered.indices.contains(place) { taken[name] = offered[place] }
        }
        return taken
    }
}

/// Finds out which values a table's checks allow, by asking the database.
extension RowBuilder {
    /// Combinations that are tried at the most, where single columns do not decide it.
    private static let most = 5_000

    /// Each column by itself; then the whole row, and where that fails the columns of the failing checks together.
    func choose(_ table: Table, _ fixed: [String: String], _ offers: inout Offers, _ candidates: Candidates) async throws -> [String: Int] {
        var choice: [String: Int] = [:]
        for name in offers.names {
            let checks = table.checks.filter { $0.columns == [name] }
            let documents = (offers.values[name] ?? []).map { document([name: $0]) }
            guard let place = try await firstPassing(table, documents, checks) else {
                throw RowFault("\(table.name).\(name) has no value that the checks \(checks.map(\.name)) allow: name one in SpecialValues")
            }
            choice[name] = place
        }
        var failing: [Check] = []
        for check in table.checks {
            let whole = document(fixed.merging(offers.taking(choice)) { $1 })
            if try await firstPassing(table, [whole], [check]) == nil { failing.append(check) }
        }
        if failing.isEmpty { return choice }
        return try await combine(table, fixed, &offers, candidates, choice, failing)
    }

    private func combine(
        _ table: Table, _ fixed: [String: String], _ offers: inout Offers, _ candidates: Candidates, _ first: [String: Int], _ failing: [Check]
    ) async throws -> [String: Int] {
        let columns = Set(failing.flatMap(\.columns)).subtracting(fixed.keys).sorted()
        for name in columns where !offers.names.contains(name) {
            guard let column = table.column(name), !column.isMade else { continue }
            // Null first: of a column that need not be given, as little as will do. A foreign key with a value would need its row.
            var offered = ["null"]
            if !table.foreignKeys.contains(where: { $0.columns.contains(name) }) { offered += try candidates.values(for: column, in: table) }
            offers.add(column, offered)
        }
        var combinations: [[String: Int]] = [first]
        for name in columns {
            guard let offered = offers.values[name] else { continue }
            combinations = combinations.flatMap { one in offered.indices.map { one.merging([name: $0]) { $1 } } }
            if combinations.count > Self.most { combinations.removeLast(combinations.count - Self.most) }
        }
        let documents = combinations.map { document(fixed.merging(offers.taking($0)) { $1 }) }
        guard let place = try await firstPassing(table, documents, table.checks) else {
            throw RowFault("\(table.name) has no row that the checks \(failing.map(\.name)) allow: name values in SpecialValues")
        }
        return combinations[place]
    }

    private func document(_ values: [String: String]) -> String {
        "{" + values.map { "\(Candidates.text($0.key)):\($0.value)" }.joined(separator: ",") + "}"
    }

    /// The place of the first row that all checks allow; nil when there is none. A column that a row does not give has its default.
    private func firstPassing(_ table: Table, _ documents: [String], _ checks: [Check]) async throws -> Int? {
        guard !checks.isEmpty else { return documents.isEmpty ? nil : 0 }
        let columns = table.columns.map { column in
            let name = "\"\(column.name)\""
            guard let preset = column.preset, !column.isMade else { return "made.\(name)" }
            return "case when given.mainstay_document ? '\(column.name)' then made.\(name) else \(preset) end as \(name)"
        }
        let conditions = checks.map { "(\($0.expression)) is not false" }
        let sql = """
            -- find values that checks allow
            select mainstay_place from (
              select given.mainstay_place, \(columns.joined(separator: ", "))
              from jsonb_array_elements($1) with ordinality as given (mainstay_document, mainstay_place)
              cross join lateral jsonb_populate_record(null::public."\(table.name)", given.mainstay_document) as made
            ) as candidate
            where \(conditions.joined(separator: " and ")) order by mainstay_place limit 1
            """
        let given = PostgresJSON(bytes: Array("[\(documents.joined(separator: ","))]".utf8))
        guard let row = try await superuser.query(.unscoped, SQL.trusted(file: sql), given).first else { return nil }
        return try row.decode("mainstay_place", as: Int.self) - 1
    }
}

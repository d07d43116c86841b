import Foundation

/// What was found beside what is allowed.
struct BudgetComparison: Sendable, Equatable {
    enum Verdict: String, Sendable {
        case within
        /// Less than is allowed: the file should follow, so that the gain is held.
        case less
        case more
        /// The file does not know it.
        case notBudgeted = "not in the file"
        /// The file knows it and the run did not find it.
        case notCounted = "not counted"

        /// Whether a check passes.
        var isGood: Bool { self == .within || self == .less }
    }

    struct Row: Sendable, Equatable {
        let figure: BudgetFigure
        let entry: BudgetFile.Entry?
        let found: Double?
        let verdict: Verdict
    }

    let rows: [Row]

    init(_ file: BudgetFile, _ found: [BudgetFigure: Double]) {
        let known = Set(file.figures.keys.map { BudgetFigure($0) }.filter(\.isOurs))
        rows = known.union(found.keys).sorted().map { figure in
            let entry = file.figures[figure.name]
            let value = found[figure]
            return Row(figure: figure, entry: entry, found: value, verdict: Self.verdict(entry, value))
        }
    }

    private static func verdict(_ entry: BudgetFile.Entry?, _ found: Double?) -> Verdict {
        guard let entry else { return .notBudgeted }
        guard let found else { return .notCounted }
        if found > entry.most { return .more }
        return found < entry.least ? .less : .within
    }

    var isGood: Bool { rows.allSatisfy(\.verdict.isGood) }

    var table: Table {
        var table = Table("figure", "#allowed", "#at most", "#found", "verdict")
        func text(_ value: Double?) -> String? { value.map { String(format: $0 >= 100 ? "%.0f" : "%.2f", $0) } }
        for row in rows {
            table.rows.append([row.figure.name, text(row.entry?.allowed), text(row.entry?.most), text(row.found), row.verdict.rawValue])
        }
        return table
    }
}

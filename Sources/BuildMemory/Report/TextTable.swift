/// Aligned columns.
struct TextTable {
    enum Alignment {
        case left
        case right
    }

    private let alignments: [Alignment]
    private var rows: [[String]] = []

    init(_ header: [(title: String, alignment: Alignment)]) {
        alignments = header.map(\.alignment)
        rows = [header.map(\.title)]
    }

    mutating func add(_ row: [String]) { rows.append(row) }

    /// The lines, the header first. The last column takes what the others leave of the width and is cut there.
    func lines(width: Int, indent: Int = 2) -> [String] {
        let last = alignments.count - 1
        let widths = alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let before = widths.dropLast().reduce(indent) { $0 + $1 + 2 }
        let remaining = max(width - before, 10)
        return rows.map { row in
            var line = String(repeating: " ", count: indent)
            for column in alignments.indices {
                let cell = column == last ? Self.cut(row[column], to: remaining) : row[column]
                let padding = String(repeating: " ", count: max(0, widths[column] - cell.count))
                if column > 0 { line += "  " }
                line += alignments[column] == .right ? padding + cell : column == last ? cell : cell + padding
            }
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
    }

    private static func cut(_ text: String, to width: Int) -> String { text.count <= width ? text : text.prefix(width - 3) + "..." }
}

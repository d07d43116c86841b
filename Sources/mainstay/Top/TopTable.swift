/// A table that gives up columns where the screen is narrow, and fills its last one with what is left of the line.
struct TopTable: Sendable {
    struct Column: Sendable {
        let title: String
        /// To the right.
        var isNumber = false
        /// No wider than this.
        var most = 40
        /// Left out where there is no room, the highest first; zero stays.
        var dispensable = 0
    }

    struct Cell: Sendable {
        let text: String
        var look = TopLine.Look.plain

        init(_ text: String, _ look: TopLine.Look = .plain) {
            self.text = TopLine.clean(text)
            self.look = look
        }
    }

    private static let gap = "  "
    /// A last column that fills the line keeps this much of a narrow one, if it has as much to say.
    private static let least = 28

    let columns: [Column]
    let signs: TopSigns
    /// The last column takes the rest of the line, however long its texts are.
    var fillsLine = false
    var rows: [[Cell]] = []

    init(_ columns: [Column], signs: TopSigns, fillsLine: Bool = false) {
        self.columns = columns
        self.signs = signs
        self.fillsLine = fillsLine
    }

    /// The head, then the rows.
    func lines(width: Int) -> [TopLine] {
        let widths = fitted(to: width)
        let head = columns.map { Cell($0.title, .faint) }
        return ([head] + rows).map { line($0, widths).cut(to: width) }
    }

    /// The width of each column; nil for those that are left out.
    private func fitted(to width: Int) -> [Int?] {
        var widths: [Int?] = columns.indices.map { index in
            let column = columns[index]
            let widest = rows.map { $0[index].text.count }.max() ?? 0
            let natural = max(column.title.count, min(widest, column.most))
            return fillsLine && index == columns.count - 1 ? min(max(column.title.count, widest), Self.least) : natural
        }
        while Self.total(widths) > width {
            let candidates = columns.indices.filter { widths[$0] != nil && columns[$0].dispensable > 0 }
            guard let first = candidates.max(by: { columns[$0].dispensable < columns[$1].dispensable }) else { break }
            widths[first] = nil
        }
        if fillsLine, let last = widths.indices.last, let least = widths[last] { widths[last] = least + max(0, width - Self.total(widths)) }
        return widths
    }

    private static func total(_ widths: [Int?]) -> Int {
        let shown = widths.compactMap { $0 }
        return shown.reduce(0, +) + max(0, shown.count - 1) * gap.count
    }

    private func line(_ cells: [Cell], _ widths: [Int?]) -> TopLine {
        var line = TopLine()
        let last = widths.indices.last { widths[$0] != nil }
        for (index, cell) in cells.enumerated() {
            guard let width = widths[index] else { continue }
            let text = signs.fitted(cell.text, to: width)
            let padding = String(repeating: " ", count: max(0, width - text.count))
            if columns[index].isNumber {
                line.append(padding)
                line.append(text, cell.look)
            } else {
                line.append(text, cell.look)
                if index != last { line.append(padding) }
            }
            if index != last { line.append(Self.gap) }
        }
        return line
    }
}

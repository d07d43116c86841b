import Foundation

/// How a command shows what it found: a table for people, JSON or CSV for programs.
struct Table: Sendable {
    struct Column: Sendable {
        /// What a cell's text is, and so how JSON has it.
        enum Kind: Sendable {
            case text
            /// To the right in a table, without quotes in JSON where it is a number there too: `NaN` is none.
            case number
            /// `true` or `false`.
            case boolean
            /// A JSON document, which goes into JSON as it is.
            case json
        }

        let title: String
        var kind = Kind.text
    }

    let columns: [Column]
    /// One text a column; nil where nothing is known, which tables show as `–` and JSON as null.
    var rows: [[String?]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    init(_ titles: String...) {
        // A leading # marks a column of numbers, which are aligned at their right edge.
        self.columns = titles.map { $0.hasPrefix("#") ? Column(title: String($0.dropFirst()), kind: .number) : Column(title: $0) }
    }

    /// Aligned text with a line under the head. A table without rows says so.
    var text: String {
        guard !rows.isEmpty else { return "nothing to show" }
        let cells = rows.map { $0.map { $0.map(Self.oneLine) ?? "–" } }
        let widths = columns.indices.map { index in max(columns[index].title.count, cells.map { $0[index].count }.max() ?? 0) }
        func line(_ words: [String]) -> String {
            var text = ""
            for (index, word) in words.enumerated() {
                let padding = String(repeating: " ", count: widths[index] - word.count)
                let isLast = index == words.count - 1
                text += columns[index].kind == .number ? padding + word : word + (isLast ? "" : padding)
                if !isLast { text += "  " }
            }
            return text
        }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        return ([line(columns.map(\.title)), rule] + cells.map(line)).joined(separator: "\n")
    }

    /// `{"version":1,"rows":[{…}]}`: the column titles, in lower case with underscores, are the keys.
    var json: String {
        let keys = columns.map { Self.quoted($0.title.lowercased().replacing(" ", with: "_")) }
        let objects = rows.map { row in
            let members = zip(columns, zip(keys, row)).map { column, cell in "\(cell.0):\(Self.value(cell.1, column.kind))" }
            return "{" + members.joined(separator: ",") + "}"
        }
        return "{\"version\":1,\"rows\":[" + objects.joined(separator: ",") + "]}"
    }

    /// A cell as JSON. What is not of its column's kind is a string, so that the whole is JSON whatever a cell holds.
    static func value(_ cell: String?, _ kind: Column.Kind) -> String {
        guard let cell else { return "null" }
        let isBare =
            switch kind {
            case .text: false
            case .number: cell.wholeMatch(of: #/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/#) != nil
            case .boolean: cell == "true" || cell == "false"
            case .json: (try? JSONSerialization.jsonObject(with: Data(cell.utf8), options: .fragmentsAllowed)) != nil
            }
        return isBare ? cell : quoted(cell)
    }

    /// RFC 4180.
    var csv: String {
        func field(_ text: String) -> String {
            guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
            return "\"" + text.replacing("\"", with: "\"\"") + "\""
        }
        return ([columns.map(\.title)] + rows.map { $0.map { $0 ?? "" } }).map { $0.map(field).joined(separator: ",") }.joined(separator: "\r\n")
    }

    private static func oneLine(_ text: String) -> String {
        String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
    }

    private static func quoted(_ text: String) -> String {
        guard let data = try? JSONSerialization.data(withJSONObject: [text], options: [.withoutEscapingSlashes]) else { return "\"\"" }
        return String(decoding: data.dropFirst().dropLast(), as: UTF8.self)
    }
}

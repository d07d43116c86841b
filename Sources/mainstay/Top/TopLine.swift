/// A line of the screen: pieces of text, each with its look. Nothing in it can move the cursor or change a colour: names and notes
/// come from elsewhere, and what is no visible character is shown as a dot.
struct TopLine: Sendable, Equatable {
    enum Look: Sendable, Equatable {
        case plain
        case head
        case faint
        case good
        case warning
        case alarm

        /// Parameters of the escape sequence that switches it on; nil for none.
        fileprivate var code: String? {
            switch self {
            case .plain: nil
            case .head: "1"
            case .faint: "2"
            case .good: "32"
            case .warning: "33"
            case .alarm: "1;31"
            }
        }
    }

    struct Piece: Sendable, Equatable {
        let text: String
        let look: Look
    }

    private(set) var pieces: [Piece] = []

    init() {}

    init(_ text: String, _ look: Look = .plain) {
        append(text, look)
    }

    mutating func append(_ text: String, _ look: Look = .plain) {
        if !text.isEmpty { pieces.append(Piece(text: Self.clean(text), look: look)) }
    }

    /// Without looks.
    var text: String { pieces.map(\.text).joined() }

    /// In characters, each taken for one column.
    var count: Int { pieces.reduce(0) { $0 + $1.text.count } }

    /// The line, no longer than `width`.
    func cut(to width: Int) -> TopLine {
        guard count > width else { return self }
        var line = TopLine()
        var left = width
        for piece in pieces where left > 0 {
            let text = String(piece.text.prefix(left))
            line.append(text, piece.look)
            left -= text.count
        }
        return line
    }

    func written(colour: Bool) -> String {
        guard colour else { return text }
        return pieces.map { piece in piece.look.code.map { "\u{1B}[\($0)m\(piece.text)\u{1B}[0m" } ?? piece.text }.joined()
    }

    static func clean(_ text: String) -> String {
        guard !text.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else { return text }
        var clean = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: clean.unicodeScalars.append("·")
            default: clean.unicodeScalars.append(scalar)
            }
        }
        return clean
    }
}

/// The signs of a frame: what the terminal can show.
struct TopSigns: Sendable, Equatable {
    /// What is not known.
    let unknown: String
    let times: String
    /// Something was left out here.
    let more: String
    /// From none to most.
    let levels: [String]

    static let unicode = TopSigns(unknown: "–", times: "×", more: "…", levels: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"])
    static let ascii = TopSigns(unknown: "-", times: "x", more: "~", levels: [".", ":", "-", "=", "+", "*", "#", "@"])

    /// A text of no more than `width` characters, marked where it was cut.
    func fitted(_ text: String, to width: Int) -> String {
        guard text.count > width else { return text }
        return width > more.count ? String(text.prefix(width - more.count)) + more : String(text.prefix(max(0, width)))
    }

    /// The last `width` values as a row of small bars, scaled to the greatest; a gap where nothing is known.
    func sparkline(_ values: [Double?], width: Int) -> String {
        let shown = values.suffix(max(0, width))
        let greatest = shown.compactMap { $0 }.max() ?? 0
        return shown.map { value -> String in
            guard let value else { return " " }
            guard greatest > 0 else { return levels[0] }
            let level = (value / greatest * Double(levels.count - 1)).rounded()
            return levels[max(0, min(levels.count - 1, Int(level)))]
        }.joined()
    }
}

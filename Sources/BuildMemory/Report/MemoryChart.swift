/// Memory over time as a few lines of text.
///
/// A column shows the largest sample that falls into its span of time; one without a sample repeats the column before it, for
/// memory stays what it was until it is seen to change.
enum MemoryChart {
    /// The lines of the chart, none longer than the style's width; empty when there is nothing to show.
    /// - Parameters:
    ///   - duration: milliseconds that the whole width stands for.
    ///   - height: lines of the chart without its axis.
    static func lines(_ timeline: TimelineColumns, duration: Int, style: TextStyle, height: Int = 5) -> [String] {
        guard let peak = timeline.rss.max(), peak > 0, height > 0, timeline.at.count == timeline.rss.count else { return [] }
        let top = ByteText.bytes(peak)
        let margin = top.count + 3
        // Wider than this, the eye no longer sees one curve.
        let width = min(style.width, 120) - margin - 1
        guard width >= 10 else { return [] }

        let columns = columns(timeline, duration: max(duration, timeline.at.last ?? 0, 1), width: width)
        let signs = style.unicode ? Signs.unicode : Signs.ascii
        var lines: [String] = []
        for row in (0..<height).reversed() {
            let label = row == height - 1 ? top : ""
            let cells = columns.map { value in signs.cell(value: value, of: peak, row: row, height: height) }
            let curve = String(cells).trimmingEnd()
            lines.append(" " + String(repeating: " ", count: top.count - label.count) + label + " " + signs.vertical + curve)
        }
        lines.append(" " + String(repeating: " ", count: top.count - 1) + "0 " + signs.corner + String(repeating: signs.horizontal, count: width))
        let end = ByteText.time(milliseconds: duration)
        lines.append(String(repeating: " ", count: margin) + "0" + String(repeating: " ", count: max(1, width - 1 - end.count)) + end)
        return lines
    }

    /// The largest sample in each column's span.
    static func columns(_ timeline: TimelineColumns, duration: Int, width: Int) -> [Int] {
        var columns = [Int?](repeating: nil, count: width)
        for (at, rss) in zip(timeline.at, timeline.rss) {
            let place = min(max(Int(Double(at) / Double(duration) * Double(width)), 0), width - 1)
            columns[place] = max(columns[place] ?? 0, rss)
        }
        var last = 0
        return columns.map { column in
            last = column ?? last
            return last
        }
    }

    private struct Signs {
        let vertical: String
        let horizontal: String
        let corner: String
        /// From empty to full.
        let levels: [Character]

        static let unicode = Signs(vertical: "│", horizontal: "─", corner: "└", levels: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"])
        static let ascii = Signs(vertical: "|", horizontal: "-", corner: "+", levels: [" ", ".", ":", "#"])

        func cell(value: Int, of peak: Int, row: Int, height: Int) -> Character {
            let steps = levels.count - 1
            let total = Double(value) / Double(peak) * Double(height * steps)
            // Rounded up: what is there at all is to be seen.
            let filled = Int(total.rounded(.up)) - row * steps
            return levels[min(max(filled, 0), steps)]
        }
    }
}

extension String {
    fileprivate func trimmingEnd() -> Substring {
        guard let last = lastIndex(where: { $0 != " " }) else { return self[..<startIndex] }
        return self[...last]
    }
}

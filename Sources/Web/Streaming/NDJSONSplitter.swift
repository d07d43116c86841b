/// Cuts a body into its lines, however it comes in.
///
/// Lines end with LF or CRLF; the last one needs no end. Lines of nothing but white space are counted and left out. One that is
/// longer than is read is let go as it comes, so it costs no memory, and is told by its number.
struct NDJSONSplitter {
    /// What came of a line.
    enum Piece: Sendable, Equatable {
        case line(NDJSONLine)
        case tooLong(number: Int)
        /// From this line on nothing was read, or is accepted; why.
        case unread(number: Int, Problem)

        var number: Int {
            switch self {
            case .line(let line): line.number
            case .tooLong(let number), .unread(let number, _): number
            }
        }

        /// Bytes that it holds.
        var size: Int {
            switch self {
            case .line(let line): line.bytes.count
            case .tooLong, .unread: 0
            }
        }
    }

    /// Bytes of a line.
    private let limit: Int
    private var line: [UInt8] = []
    private var isTooLong = false
    /// Of the line that is being read.
    private(set) var number = 1

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes the next bytes, and appends the lines that they complete.
    mutating func feed(_ bytes: some Collection<UInt8>, into pieces: inout [Piece]) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            add(rest[..<end])
            close(into: &pieces)
            rest = rest[rest.index(after: end)...]
        }
        add(rest)
    }

    /// The body has ended: what stands there without an end is the last line.
    mutating func end(into pieces: inout [Piece]) {
        if isTooLong || !line.isEmpty { close(into: &pieces) }
    }

    private mutating func add(_ bytes: some Collection<UInt8>) {
        guard !isTooLong else { return }
        guard line.count + bytes.count <= limit else {
            isTooLong = true
            line = []
            return
        }
        line.append(contentsOf: bytes)
    }

    private mutating func close(into pieces: inout [Piece]) {
        defer {
            line = []
            isTooLong = false
            number += 1
        }
        guard !isTooLong else { return pieces.append(.tooLong(number: number)) }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard !line.allSatisfy(Self.isWhiteSpace) else { return }
        pieces.append(.line(NDJSONLine(number: number, bytes: line)))
    }

    private static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
}

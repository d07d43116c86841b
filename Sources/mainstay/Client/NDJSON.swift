import Foundation

/// A file with one JSON document a line.
enum NDJSON {
    struct Line: Equatable {
        /// Counted from 1, as editors do.
        let number: Int
        let bytes: Data
    }

    /// The lines that hold something, and not white space alone, which the server leaves out as well. They end with LF or CRLF; they are cut as bytes, for CRLF is one `Character` and no text
    /// with such ends would be split at "\n".
    static func lines(_ data: Data) -> [Line] {
        data.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated().compactMap { index, line in
            let bytes = line.last == 0x0d ? line.dropLast() : line
            // A copy: slices keep the indices of the whole.
            return bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 } ? nil : Line(number: index + 1, bytes: Data(bytes))
        }
    }

    static func lines(ofFile path: String) throws -> [Line] {
        lines(try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}

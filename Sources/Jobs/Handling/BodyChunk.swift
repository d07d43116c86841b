/// Jobs of a batch that have their stored bodies in memory together: as many in a row as there is room for, and at least one.
///
/// | stored bodies, bytes | most | chunks |
/// |---|---|---|
/// | 8, 8, 8 | 16 | 0..<2, 2..<3 |
/// | 1, 20, 1 | 16 | 0..<1, 1..<2 (beyond the bound, so alone), 2..<3 |
/// | 0, 9, 0, 9 | 16 | 0..<3, 3..<4 |
struct BodyChunk: Sendable, Equatable {
    let range: Range<Int>
    /// Of its stored bodies together.
    let bytes: Int

    /// - Parameters:
    ///   - sizes: bytes of each job's stored body; 0 for a job that has its body with it.
    ///   - most: bytes of a chunk.
    static func chunks(of sizes: [Int], most: Int) -> [BodyChunk] {
        var chunks: [BodyChunk] = []
        var (begin, bytes) = (0, 0)
        for (index, size) in sizes.enumerated() {
            if index > begin, bytes + size > most {
                chunks.append(BodyChunk(range: begin..<index, bytes: bytes))
                (begin, bytes) = (index, 0)
            }
            bytes += size
        }
        if begin < sizes.count { chunks.append(BodyChunk(range: begin..<sizes.count, bytes: bytes)) }
        return chunks
    }
}

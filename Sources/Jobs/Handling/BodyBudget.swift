import Synchronization

/// Room in memory for the stored bodies of a worker's batches, of two chunks: one is fetched while another is committed. First come,
/// first served.
///
/// Who waits here holds nothing of it, and nobody takes twice; so those who hold some come to their end and the line moves on.
final class BodyBudget: Sendable {
    private struct State {
        var free: Int
        var line: [(bytes: Int, turn: Signal)] = []

        /// Takes those from the head of the line for whom there is room.
        mutating func admitted() -> [Signal] {
            var turns: [Signal] = []
            while let first = line.first, first.bytes <= free {
                free -= first.bytes
                turns.append(line.removeFirst().turn)
            }
            return turns
        }
    }

    /// Bytes of a chunk.
    let chunk: Int
    private let total: Int
    private let state: Mutex<State>

    init(chunk: Int = JobsConfiguration().bodyChunk) {
        self.chunk = max(1, chunk)
        total = self.chunk * 2
        state = Mutex(State(free: total))
    }

    /// Runs `work` when there is room for so many bytes, and keeps that room until it has ended. What is larger than all of the
    /// room waits until it has all of it.
    /// - Throws: `CancellationError` when the task is cancelled before there is room; what `work` throws.
    func holding<R>(_ bytes: Int, _ work: () async throws -> R) async throws -> R {
        let share = min(bytes, total)
        try await take(share)
        defer { change { $0.free += share } }
        return try await work()
    }

    /// Callers in line.
    var waiting: Int { state.withLock { $0.line.count } }

    private func take(_ share: Int) async throws {
        let turn = Signal()
        change { $0.line.append((share, turn)) }
        await turn.wait()
        guard !turn.isRaised else { return }
        // Cancelled; its turn may have come in that very moment, and then it is out of the line and has its share.
        var isInLine = false
        change { state in
            guard let place = state.line.firstIndex(where: { $0.turn === turn }) else { return }
            state.line.remove(at: place)
            isInLine = true
        }
        if isInLine { throw CancellationError() }
    }

    private func change(_ body: (inout State) -> Void) {
        let turns = state.withLock { state in
            body(&state)
            return state.admitted()
        }
        for turn in turns { turn.raise() }
    }
}

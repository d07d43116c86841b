import Testing

@testable import Emulators

@Suite("The pieces of tool calls") struct ToolPiecesTests {
    private func pieces(_ traps: EmulatorToolTraps, _ shape: EmulatorShape = .chat) -> [ToolPiece] {
        var answer = Answers.parallel
        answer.traps = traps
        let resolved = StreamSample(answer, shape, of: shape == .messages ? .anthropic : .openai).answer
        return ToolPieces.pieces(of: resolved, traps: traps, shape: shape)
    }

    static let indices: [(EmulatorToolTraps.Index, [Int?])] = [
        (.normal, [0, 1]), (.missing, [nil, nil]), (.zero, [0, 0]), (.fromOne, [1, 2]), (.gaps, [1, 3]),
    ]

    @Test("have the indices that the trap says", arguments: ToolPiecesTests.indices) func index(trap: EmulatorToolTraps.Index, found: [Int?]) {
        let pieces = pieces(EmulatorToolTraps(index: trap))
        #expect(pieces.map(\.index) == [found[0], found[0], found[0], found[1], found[1], found[1]])
    }

    static let names: [(EmulatorToolTraps.Name, [String?])] = [
        (.first, ["get_weather", nil, nil]), (.late, [nil, "get_weather", nil]), (.emptied, ["get_weather", "", ""]),
        (.missing, [nil, nil, nil]),
    ]

    @Test("name the call when the trap says", arguments: ToolPiecesTests.names) func name(trap: EmulatorToolTraps.Name, found: [String?]) {
        #expect(pieces(EmulatorToolTraps(name: trap)).prefix(3).map(\.name) == found)
    }

    @Test("carry ids as the trap says")
    func ids() {
        #expect(pieces(EmulatorToolTraps(id: .repeated)).map(\.id) == ["call_a", "call_a", "call_a", "call_b", "call_b", "call_b"])
        #expect(pieces(EmulatorToolTraps(id: .empty)).map(\.id) == ["", nil, nil, "", nil, nil])
        #expect(pieces(EmulatorToolTraps(id: .shared)).map(\.id) == ["call_a", nil, nil, "call_a", nil, nil])
    }

    @Test("hold all arguments at once, twice, or with nothing behind them")
    func arguments() {
        #expect(pieces(EmulatorToolTraps(arguments: .whole)).map(\.arguments) == [#"{"city":"Oslo"}"#, #"{"zone":"CET"}"#])
        let doubled = pieces(EmulatorToolTraps(arguments: .doubled)).filter { $0.call == 0 }.map(\.arguments).joined()
        #expect(doubled == #"{"city":"Oslo"}{"city":"Oslo"}"#)
        #expect(pieces(EmulatorToolTraps(trailing: true)).map(\.arguments).filter(\.isEmpty).count == 4)
    }

    @Test("come in turn when they are interleaved")
    func interleaved() {
        #expect(pieces(EmulatorToolTraps(interleaved: true)).map(\.call) == [0, 1, 0, 1, 0, 1])
    }

    @Test("are in order on wires that have no such places", arguments: [EmulatorShape.responses, .messages])
    func otherWires(shape: EmulatorShape) {
        let traps = EmulatorToolTraps(index: .zero, name: .missing, id: .empty, trailing: true, interleaved: true)
        #expect(pieces(traps, shape) == pieces(EmulatorToolTraps(), shape))
    }
}

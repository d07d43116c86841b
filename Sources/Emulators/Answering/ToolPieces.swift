/// The pieces of an answer's tool calls, with the traps in them.
enum ToolPieces {
    /// - Parameter shape: only Chat Completions have places for an index, and for an id or a name that comes twice.
    static func pieces(of answer: ResolvedAnswer, traps: EmulatorToolTraps, shape: EmulatorShape) -> [ToolPiece] {
        let isChat = shape == .chat
        let perCall = answer.calls.enumerated().map { position, call in
            var pieces = plain(call, at: position, inOne: isChat && traps.arguments == .whole)
            let isLeftOpen = answer.endsInsideOfCall && position == answer.calls.count - 1
            if !isLeftOpen, !pieces.isEmpty { pieces[pieces.count - 1].isLast = true }
            guard isChat else { return pieces }
            if traps.trailing { pieces.append(ToolPiece(call: position, index: position, arguments: "")) }
            return trapped(pieces, call, first: answer.calls[0].id, traps)
        }
        guard isChat, traps.interleaved else { return perCall.flatMap(\.self) }
        let longest = perCall.map(\.count).max() ?? 0
        return (0..<longest).flatMap { turn in perCall.compactMap { turn < $0.count ? $0[turn] : nil } }
    }

    /// As OpenAI sends them: id and name with the first piece, whose arguments are empty.
    private static func plain(_ call: ResolvedAnswer.Call, at position: Int, inOne: Bool) -> [ToolPiece] {
        var first = ToolPiece(call: position, index: position, id: call.id, name: call.name, arguments: "", isFirst: true)
        if inOne {
            first.arguments = call.arguments
            return [first]
        }
        return [first] + call.fragments.map { ToolPiece(call: position, index: position, arguments: $0) }
    }

    private static func trapped(_ pieces: [ToolPiece], _ call: ResolvedAnswer.Call, first: String, _ traps: EmulatorToolTraps) -> [ToolPiece] {
        pieces.enumerated().map { place, piece in
            var piece = piece
            piece.index = index(piece.call, traps.index)
            switch traps.name {
            case .first: break
            case .late: piece.name = place == min(1, pieces.count - 1) ? call.name : nil
            case .emptied: piece.name = place == 0 ? call.name : ""
            case .missing: piece.name = nil
            }
            switch traps.id {
            case .first: break
            case .repeated: piece.id = call.id
            case .empty: piece.id = place == 0 ? "" : nil
            case .shared: piece.id = place == 0 ? first : nil
            }
            return piece
        }
    }

    private static func index(_ position: Int, _ trap: EmulatorToolTraps.Index) -> Int? {
        switch trap {
        case .normal: position
        case .missing: nil
        case .zero: 0
        case .fromOne: position + 1
        case .gaps: position * 2 + 1
        }
    }
}

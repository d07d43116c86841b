import Web

/// OpenAI's `responses`.
struct ResponsesFormat: WireFormat {
    let path = "/responses"

    func body(_ request: ProviderRequest) throws -> [UInt8] { try ResponsesRequest.body(request).bytes() }

    func decoder(into answer: Answer) -> any StreamDecoder { ResponsesDecoder(answer: answer) }

    func decoder(for request: ProviderRequest) -> any StreamDecoder {
        var answer = Answer(to: request)
        guard request.isKept else { return decoder(into: answer) }
        if let kept = request.kept { answer.readOn(kept) }
        return ResponsesDecoder(reader: ResponsesReader(keeping: request.kept?.position), answer: answer)
    }

    func rest(of position: AnswerPosition) -> String? {
        guard position.isPlaced else { return nil }
        return Self.place(of: position).map { "\($0)?stream=true&starting_after=\(position.sequence)" }
    }

    func abandonment(of position: AnswerPosition) -> String? { Self.place(of: position).map { "\($0)/cancel" } }

    /// Nil for an id that would mean something else in a path: ids are another machine's words.
    private static func place(of position: AnswerPosition) -> String? {
        let isPlain = position.answer.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 95
        }
        return isPlain && !position.answer.isEmpty ? "/responses/\(position.answer)" : nil
    }
}

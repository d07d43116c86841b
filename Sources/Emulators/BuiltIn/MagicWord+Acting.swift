extension MagicWord {
    /// Every magic word, with what it does: for the answer to one that there is not, and for the pages.
    static let known: [(word: String, meaning: String)] = [
        ("[[error:429]]", "an error with that status in place of a stream"),
        ("[[json-error:429]]", "that error's body, under status 200"),
        ("[[fail:3]]", "an error inside of the stream, behind 3 pieces; [[fail:3:recorded]] in its other form"),
        ("[[cut:3]]", "the socket is reset inside of the event behind 3 pieces"),
        ("[[eof:3]]", "the stream ends in order behind 3 pieces, without a finish"),
        ("[[no-done]]", "finished, and no end marker"),
        ("[[open]]", "finished, and the socket stays open"),
        ("[[malformed:3]]", "a line that is no JSON behind 3 pieces"),
        ("[[hang:3]]", "nothing more behind 3 pieces"),
        ("[[silent]]", "never an answer"),
        ("[[slow:50ms]]", "the gap between pieces"),
        ("[[first:2s]]", "the wait for the first piece"),
        ("[[headers:2s]]", "the wait for the head"),
        ("[[words:200]]", "so many drawn words"),
        ("[[think]]", "reasoning first"),
        ("[[refuse]]", "a refusal"),
        ("[[length]]", "cut short by the limit of tokens"),
        ("[[tool:get_weather]]", "a call of that tool; several are parallel calls"),
        ("[[trap:index:zero]]", "a trap of tool calls: index, name, id, arguments with a value; trailing, interleaved"),
        ("[[usage:missing]]", "where usage stands: end, finish, twice, missing"),
        ("[[split:1]]", "writes of at most so many bytes"),
        ("[[lines:crlf]]", "line ends: lf, cr, crlf"),
        ("[[keep-alives:17]]", "so many comments or pings before the first piece"),
        ("[[stamp]]", "behind each piece of a stream's text @, when it was written in nanoseconds of the monotonic clock, and ;"),
    ]

    /// Does to the answer what the word says; false when there is no such word, or not with these values.
    func apply(to answer: inout EmulatorAnswer) -> Bool {
        applyEnding(to: &answer) || applyPace(to: &answer) || applyContent(to: &answer) || applyWire(to: &answer)
    }

    private func applyEnding(to answer: inout EmulatorAnswer) -> Bool {
        switch name {
        case "error":
            guard let status = number(atLeast: 400), status < 600 else { return false }
            answer.refuse = EmulatorError(status, retryAfter: status == 429 || status == 503 ? 1 : nil)
        case "json-error":
            guard let status = number(atLeast: 400), status < 600 else { return false }
            answer.refuse = EmulatorError(status, httpStatus: 200)
        case "fail":
            let form = values.count > 1 ? EmulatorError.Form(rawValue: values[1]) : .documented
            guard let form else { return false }
            answer.ending = EmulatorEnding(.error, after: number(), error: EmulatorError(500, form: form))
        case "cut": answer.ending = EmulatorEnding(.reset, after: number())
        case "eof": answer.ending = EmulatorEnding(.withoutFinish, after: number())
        case "no-done": answer.ending = EmulatorEnding(.withoutDone)
        case "open": answer.ending = EmulatorEnding(.open)
        case "malformed": answer.ending = EmulatorEnding(.malformed, after: number())
        case "hang": answer.ending = EmulatorEnding(.hang, after: number() ?? 0)
        case "silent": answer.ending = EmulatorEnding(.silent)
        default: return false
        }
        return true
    }

    private func applyPace(to answer: inout EmulatorAnswer) -> Bool {
        guard ["slow", "first", "headers"].contains(name), let duration else { return false }
        switch name {
        case "slow": answer.pace.gap = duration
        case "first": answer.pace.first = duration
        default: answer.pace.headers = duration
        }
        return true
    }

    private func applyContent(to answer: inout EmulatorAnswer) -> Bool {
        switch name {
        case "words":
            guard let count = number(atLeast: 1), count <= EmulatorText.mostWords else { return false }
            answer.text = .words(count)
        case "think": answer.reasoning = "The user asks, so I think about it before I say anything."
        case "refuse":
            answer.text = .nothing
            answer.refusal = "I cannot help with that."
            answer.finish = .refusal
        case "length": answer.finish = .length
        case "tool":
            guard let tool = values.first else { return false }
            answer.text = .nothing
            answer.toolCalls.append(EmulatorToolCall(tool, .whole("{\"input\":\"\(tool), as you asked\"}")))
        default: return false
        }
        return true
    }

    private func applyWire(to answer: inout EmulatorAnswer) -> Bool {
        switch name {
        case "trap": return applyTrap(to: &answer.traps)
        case "usage":
            guard let place = values.first.flatMap(EmulatorUsage.Place.init(rawValue:)) else { return false }
            answer.usage.place = place
        case "split":
            guard let size = number(atLeast: 1) else { return false }
            answer.wire.splitEvery = size
        case "lines":
            guard let ending = values.first.flatMap(EmulatorWire.LineEnding.init(rawValue:)) else { return false }
            answer.wire.lineEnding = ending
        case "keep-alives":
            guard let count = number(), count <= 10_000 else { return false }
            answer.wire.keepAlives = count
        case "stamp": answer.wire.stamps = true
        default: return false
        }
        return true
    }

    private func applyTrap(to traps: inout EmulatorToolTraps) -> Bool {
        let value = values.count > 1 ? values[1] : ""
        switch values.first {
        case "index":
            guard let index = EmulatorToolTraps.Index(rawValue: value) else { return false }
            traps.index = index
        case "name":
            guard let name = EmulatorToolTraps.Name(rawValue: value) else { return false }
            traps.name = name
        case "id":
            guard let id = EmulatorToolTraps.ID(rawValue: value) else { return false }
            traps.id = id
        case "arguments":
            guard let arguments = EmulatorToolTraps.Arguments(rawValue: value) else { return false }
            traps.arguments = arguments
        case "trailing": traps.trailing = true
        case "interleaved": traps.interleaved = true
        default: return false
        }
        return true
    }
}

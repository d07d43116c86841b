/// What is done for one request and when, as a value: the shell only sleeps, writes and closes.
///
/// ```
/// head ── comments ──(first)── piece ──(gap)── piece … finish ── usage ── done ── end
///                                    └─ after N pieces: reset, hold, error, clean end, a malformed line
/// ```
struct EmulatorCourse: Sendable, Equatable {
    /// The wait for the head of the answer; nil when none ever comes.
    let head: Duration?
    let acts: [EmulatorAct]

    /// The course of a stream.
    init(
        streaming answer: EmulatorAnswer, _ resolved: ResolvedAnswer, to question: Question, of kind: EmulatorKind,
        using generator: inout SeededGenerator
    ) {
        let pace = answer.pace
        head = answer.ending.kind == .silent ? nil : pace.drawn(pace.headers, using: &generator)
        var acts = Self.opening(answer, question.shape, kind, using: &generator)
        let pieces = Self.pieces(answer, resolved, question.shape)
        let shown = Self.isAfterAll(answer.ending.kind) ? pieces.count : min(pieces.count, answer.ending.after ?? pieces.count)
        var isFirst = true
        // Behind so many pieces, or behind more than there are.
        func frames(behind said: Int) {
            let due = answer.frames.filter { $0.after.map { min($0, pieces.count) } == said }
            acts += due.map { EmulatorAct.say(.frame($0.lines)) }
        }
        func say(_ steps: ArraySlice<EmulatorStep>) {
            for (place, step) in zip(steps.indices, steps) {
                if place > steps.startIndex { frames(behind: place) }
                if !isFirst { Self.wait(pace.drawn(pace.gap, using: &generator), &acts) }
                isFirst = false
                acts.append(.say(step))
            }
            frames(behind: steps.endIndex)
        }
        let closing = Self.closing(answer, resolved, question, kind)
        let end = closing.map(EmulatorAct.say)
        frames(behind: 0)
        if shown > 0 { say(pieces[..<shown]) }
        switch answer.ending.kind {
        case .done, .silent: acts += end + [.finish]
        case .withoutDone: acts += end.filter { $0 != .say(.done) } + [.finish]
        case .open: acts += end + [.hold]
        case .withoutFinish: acts.append(.finish)
        case .reset:
            if shown > 0 { Self.wait(pace.drawn(pace.gap, using: &generator), &acts) }
            acts += [.sayHalf(shown < pieces.count ? pieces[shown] : closing[0]), .reset]
        case .hang: acts.append(.hold)
        case .malformed:
            acts.append(.say(.malformed))
            if shown < pieces.count { say(pieces[shown...]) }
            acts += end + [.finish]
        case .error: acts += Self.failing(answer.ending.error ?? EmulatorError(), kind) + [.finish]
        }
        self.acts = acts
    }

    /// The wait for an answer that is sent in one, as long as the stream would take; nil when it never comes.
    static func waitForWhole(
        _ answer: EmulatorAnswer, _ resolved: ResolvedAnswer, using generator: inout SeededGenerator
    ) -> Duration? {
        let pace = answer.pace
        guard answer.ending.kind != .silent, answer.ending.kind != .hang else { return nil }
        return pace.drawn(pace.headers + pace.first + pace.gap * max(0, resolved.pieceCount - 1), using: &generator)
    }

    // MARK: Parts

    /// Comments are spread over the wait for the first piece.
    private static func opening(
        _ answer: EmulatorAnswer, _ shape: EmulatorShape, _ kind: EmulatorKind, using generator: inout SeededGenerator
    ) -> [EmulatorAct] {
        let count = answer.wire.keepAlives ?? usualKeepAlives(kind)
        let first = answer.pace.drawn(answer.pace.first, using: &generator)
        var acts: [EmulatorAct] = []
        // Chat Completions begin with the first piece; the others begin at once, and what follows is the model's time.
        if shape != .chat { acts.append(.say(.begin)) }
        for _ in 0..<count {
            acts.append(.say(.keepAlive))
            wait(first / count, &acts)
        }
        if count == 0 { wait(first, &acts) }
        if shape == .chat { acts.append(.say(.begin)) }
        return acts
    }

    private static func pieces(_ answer: EmulatorAnswer, _ resolved: ResolvedAnswer, _ shape: EmulatorShape) -> [EmulatorStep] {
        var pieces = resolved.reasoning.map(EmulatorStep.reasoning)
        pieces += resolved.text.map(EmulatorStep.text)
        // Anthropic says a refusal with its finish, and nothing before.
        if shape != .messages { pieces += resolved.refusal.map(EmulatorStep.refusal) }
        pieces += ToolPieces.pieces(of: resolved, traps: answer.traps, shape: shape).map(EmulatorStep.tool)
        return pieces
    }

    private static func closing(
        _ answer: EmulatorAnswer, _ resolved: ResolvedAnswer, _ question: Question, _ kind: EmulatorKind
    ) -> [EmulatorStep] {
        let place = answer.usage.place
        let frames = answer.frames.filter { $0.after == nil }.map { EmulatorStep.frame($0.lines) }
        guard question.shape == .chat else { return [.finish(resolved.finish, withUsage: place != .missing)] + frames + [.done] }
        var closing: [EmulatorStep] = [.finish(resolved.finish, withUsage: place == .finish || place == .twice)]
        if place == .twice || place == .end && question.includesUsage { closing.append(.usage) }
        return closing + frames + [.done]
    }

    private static func failing(_ error: EmulatorError, _ kind: EmulatorKind) -> [EmulatorAct] {
        guard kind == .openrouter, error.form == .recorded else { return [.say(.failure(error))] }
        // As it was recorded: finished twice, failed, and ended as if all were well.
        let finish = EmulatorAct.say(.finish(.length, withUsage: false))
        return [finish, finish, .say(.failure(error)), .say(.done)]
    }

    private static func usualKeepAlives(_ kind: EmulatorKind) -> Int {
        switch kind {
        case .openai: 0
        case .anthropic: 1
        case .openrouter: 3
        }
    }

    private static func isAfterAll(_ kind: EmulatorEnding.Kind) -> Bool {
        kind == .done || kind == .withoutDone || kind == .open || kind == .silent
    }

    private static func wait(_ time: Duration, _ acts: inout [EmulatorAct]) {
        if time > .zero { acts.append(.wait(time)) }
    }
}

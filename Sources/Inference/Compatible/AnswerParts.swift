import Web

/// An answer as its events build it up: parts of text, reasoning, refusal and tool calls that begin, grow and end.
///
/// The wires of other APIs (chunks, items, blocks) differ in how they tell a part and agree in this order, so each of them is a small
/// rendering of the changes that ``add(_:)`` returns, and of the parts as they stand. A value, and a function of the run's events alone:
/// a replay from the beginning gives the same changes.
///
/// ```
///        begins                grows                      ends
///   ──▶ began(0) ──▶ grew(0, "…") ──▶ grew(0, "…") ──▶ ended(0) ──▶ began(1) ──▶ …
/// ```
///
/// A part ends when the next one begins, as clients expect: one block is open at a time. A call ends then only if what was written of it is
/// a JSON document; of a provider that writes two calls in turns both stay open, and nothing of either is held back or lost. A call
/// begins when its id and its name are known. A call of a tool that the server carries out is no part: it is no client's business. What a
/// later release may add to the events is passed over.
struct AnswerParts: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case text
        case reasoning
        case refusal
        case call
    }

    struct Part: Sendable, Equatable {
        var kind: Kind
        /// What was written; of a call its arguments, JSON as text.
        var text = ""
        /// A call's.
        var id = ""
        /// A call's.
        var name = ""
        /// A call's place among the calls of the answer.
        var callIndex = 0
        /// A call whose arguments are one JSON value. One that was cut never becomes whole.
        fileprivate(set) var isWhole = false
        /// Nothing more comes.
        fileprivate(set) var isOver = false
        fileprivate var hasBegun = false
        fileprivate var hasEnded = false
        fileprivate var step = 0
        /// A call's index within its step.
        fileprivate var index = 0
        /// The end of ``text`` that no change has told yet.
        fileprivate var untold = ""
    }

    /// By the part's position.
    enum Change: Sendable, Equatable {
        case began(Int)
        case grew(Int, by: String)
        case ended(Int)
    }

    private(set) var started: RunStarted?
    private(set) var parts: [Part] = []
    private(set) var usage = TokenUsage()
    private(set) var ending: AnswerEnding?
    private var step = 1
    /// Calls of the server's own tools.
    private var hidden: Set<CallPlace> = []
    /// The first part that has not ended.
    private var current = 0

    private struct CallPlace: Hashable {
        var step: Int
        var index: Int
    }

    /// True from the event on that says who answers.
    var isBegun: Bool { started != nil || !parts.isEmpty || ending != nil }

    /// Everything of one kind, joined.
    func text(of kind: Kind) -> String { parts.lazy.filter { $0.kind == kind }.map(\.text).joined() }

    var calls: [Part] { parts.filter { $0.kind == .call } }

    /// A part that the answer's end has cut.
    func isCut(_ position: Int) -> Bool {
        if parts[position].kind == .call { return !parts[position].isWhole }
        guard position == parts.count - 1, let ending else { return false }
        if case .completed = ending { return false }
        return true
    }

    // MARK: Building

    /// Takes the next event of the run; what follows a terminal event is passed over.
    ///
    /// - Returns: What it changes, in order.
    mutating func add(_ event: RunEvent) -> [Change] {
        guard ending == nil else { return [] }
        switch event {
        case .runStarted(let started): self.started = started
        case .stepStarted(let step):
            close()
            self.step = step
        case .chunk(let chunk): write(chunk)
        case .toolCallDelta(let delta): write(delta)
        case .toolCall(let call): complete(call)
        case .usage(let counted): usage.add(counted)
        case .completed(let finish, let counted): end(.completed(finish), counted)
        case .incomplete(let reason, let finish, let counted): end(.incomplete(reason, finish), counted)
        case .failed(let error): end(.failed(error), nil)
        case .cancelled: end(.cancelled, nil)
        // The end of a step tells nothing that the next event does not.
        default: break
        }
        return changes()
    }

    private mutating func write(_ chunk: StreamChunk) {
        guard !chunk.text.isEmpty else { return }
        let kind: Kind =
            switch chunk.channel {
            case .text: .text
            case .reasoning: .reasoning
            case .refusal: .refusal
            }
        if let last = parts.last, last.kind == kind, !last.isOver {
            parts[parts.count - 1].grow(by: chunk.text)
        } else {
            var part = Part(kind: kind)
            part.grow(by: chunk.text)
            open(part)
        }
    }

    private mutating func write(_ delta: ToolCallDelta) {
        guard !hides(delta.index, named: delta.name) else { return }
        let position = call(delta.index)
        guard !parts[position].isOver else { return }
        if let id = delta.id, parts[position].id.isEmpty { parts[position].id = id }
        if let name = delta.name, parts[position].name.isEmpty { parts[position].name = name }
        parts[position].grow(by: delta.arguments)
    }

    private mutating func complete(_ call: ToolCall) {
        guard !hides(call.index, named: call.name) else { return }
        let position = self.call(call.index)
        if parts[position].id.isEmpty { parts[position].id = call.id }
        if parts[position].name.isEmpty { parts[position].name = call.name }
        // Of a call without fragments, and of `{}` for one without arguments, nothing was told yet.
        if parts[position].text.isEmpty { parts[position].grow(by: call.arguments) }
        parts[position].text = call.arguments
        parts[position].isWhole = true
        parts[position].isOver = true
    }

    /// The position of a call of this step, which begins if it is new.
    private mutating func call(_ index: Int) -> Int {
        if let known = position(of: index) { return known }
        var part = Part(kind: .call)
        part.callIndex = calls.count
        part.step = step
        part.index = index
        open(part)
        return parts.count - 1
    }

    private func position(of index: Int) -> Int? { parts.lastIndex { $0.kind == .call && $0.step == step && $0.index == index } }

    /// Whether a call of this step is the server's own. What was written of it before its name was known goes: it has not begun, and
    /// neither has anything behind it.
    private mutating func hides(_ index: Int, named name: String?) -> Bool {
        let place = CallPlace(step: step, index: index)
        if hidden.contains(place) { return true }
        guard let name, started?.serverTools.contains(name) == true else { return false }
        let known = position(of: index)
        if let known, !parts[known].name.isEmpty { return false }
        hidden.insert(place)
        guard let known else { return true }
        parts.remove(at: known)
        for later in parts.indices[known...] where parts[later].kind == .call { parts[later].callIndex -= 1 }
        return true
    }

    /// What is written is over when something else begins, a call if it can be.
    private mutating func open(_ part: Part) {
        if let last = parts.indices.last, !parts[last].isOver {
            if parts[last].kind == .call { parts[last].isWhole = (try? JSONBody.document(Array(parts[last].text.utf8))) != nil }
            parts[last].isOver = parts[last].kind != .call || parts[last].isWhole
        }
        parts.append(part)
    }

    private mutating func end(_ ending: AnswerEnding, _ counted: TokenUsage?) {
        close()
        self.ending = ending
        if let counted { usage = counted }
    }

    private mutating func close() {
        // A call that was cut before it had a name is nothing that could be shown.
        parts.removeAll { $0.isNamelessCall }
        for position in parts.indices { parts[position].isOver = true }
    }

    private mutating func changes() -> [Change] {
        var changes: [Change] = []
        for position in parts.indices.dropFirst(current) {
            if !parts[position].hasBegun {
                // Parts begin in their order.
                guard !parts[position].isNamelessCall else { break }
                parts[position].hasBegun = true
                changes.append(.began(position))
            }
            if !parts[position].untold.isEmpty {
                changes.append(.grew(position, by: parts[position].untold))
                parts[position].untold = ""
            }
            if parts[position].isOver, !parts[position].hasEnded {
                parts[position].hasEnded = true
                changes.append(.ended(position))
            }
        }
        while current < parts.count, parts[current].hasEnded { current += 1 }
        return changes
    }
}

extension AnswerParts.Part {
    fileprivate mutating func grow(by piece: String) {
        text += piece
        untold += piece
    }

    fileprivate var isNamelessCall: Bool { kind == .call && (id.isEmpty || name.isEmpty) }
}

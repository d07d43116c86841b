import Foundation

/// Decodes the stream of a `responses` call.
typealias ResponsesDecoder = EventStreamDecoder<ResponsesReader>

/// Reads events of a `responses` stream.
///
/// Finish and end are one event here: `response.completed`, `response.incomplete` or `response.failed`. An `error` comes before
/// `response.failed`, or alone.
struct ResponsesReader: EventReader {
    private static let json = JSONDecoder()

    /// Parts whose text has been told: their whole repeats it.
    private var told: Set<ResponsesPart> = []

    /// The provider keeps the answer, and its events are counted.
    private var isKept = false
    private var answerID: String?
    /// The number of the last event that was read.
    private var number: Int?
    /// The next event has to be the one behind that, or something of the answer is missing.
    private var isReadOn = false
    /// Something was said without a number. Where it stands nobody knows, so the answer has no place any more that could be read on from.
    private var isUnplaced = false

    init() {}

    /// - Parameter position: Where an earlier connection stopped reading; nil for an answer that begins.
    init(keeping position: AnswerPosition?) {
        isKept = true
        answerID = position?.answer
        number = position?.sequence
        isReadOn = position != nil
        told = position?.told ?? []
    }

    func position(in answer: Answer) -> AnswerPosition? {
        guard isKept, let answerID, let number else { return nil }
        return AnswerPosition(answer: answerID, sequence: isUnplaced ? -1 : number, calls: answer.toolIndices, told: told)
    }

    mutating func read(_ event: SSEEvent, into answer: inout Answer) {
        do {
            let data = event.data
            if let piece = ResponsesPiece(data) { return take(piece.event, numbered: piece.number, into: &answer) }
            guard isKept else { return take(try Self.json.decode(ResponsesEvent.self, from: Data(data.utf8)), into: &answer) }
            let found = try Self.json.decode(NumberedResponsesEvent.self, from: Data(data.utf8))
            take(found.event, numbered: found.number, into: &answer)
        } catch {
            answer.malformed("The provider sent an event that is none of the responses format.")
        }
    }

    private mutating func take(_ event: ResponsesEvent, numbered next: Int?, into answer: inout Answer) {
        guard isKept else { return take(event, into: &answer) }
        if let next {
            // What was read before is not told again, whatever the provider sends.
            if let number, next <= number { return }
            if isReadOn, let number, next != number + 1 { return answer.close(as: .incomplete(.truncated)) }
            isReadOn = false
            number = next
        } else if !event.isOther {
            // It may have been told before, or not.
            if isReadOn { return answer.close(as: .incomplete(.truncated)) }
            isUnplaced = true
        }
        take(event, into: &answer)
    }

    mutating func read(body: [UInt8], into answer: inout Answer) {
        guard let response = try? Self.json.decode(ResponsesObject.self, from: Data(body)),
            let status = response.status ?? (response.error == nil ? nil : "failed")
        else { return answer.malformed("The provider sent a body that is no response.") }
        end(status, response, in: &answer)
    }

    private mutating func take(_ event: ResponsesEvent, into answer: inout Answer) {
        switch event {
        case .created(let id):
            answerID = id ?? answerID
            answer.begin()
        case .item(let output, let item, let isDone): take(item, at: output, isDone: isDone, into: &answer)
        case .piece(let part, let text): say(part, text, into: &answer)
        case .whole(let part, let text): sayUntold(part, text, into: &answer)
        case .argumentsPiece(let output, let piece):
            if !piece.isEmpty { answer.take(ToolCallFragment(index: output, arguments: piece)) }
        case .wholeArguments(let output, let whole):
            // A call without its head has no name yet, which the item that follows brings; if it does not, the call fails.
            if answer.toolCall(at: output) == nil { answer.take(ToolCallFragment(index: output, arguments: whole)) }
            answer.closeToolCall(at: output, whole: whole)
        case .ended(let word, let response): end(word, response, in: &answer)
        // `response.failed` may follow with the usage.
        case .error(let fault): answer.fail(fault.error())
        case .other: break
        }
    }

    // MARK: Output

    private mutating func say(_ part: ResponsesPart, _ text: String, into answer: inout Answer) {
        guard !text.isEmpty else { return }
        told.insert(part)
        answer.say(part.channel, text)
    }

    /// A whole text is news only where no piece of it came.
    private mutating func sayUntold(_ part: ResponsesPart, _ text: String, into answer: inout Answer) {
        if !told.contains(part) { say(part, text, into: &answer) }
    }

    private mutating func take(_ item: ResponsesItem, at output: Int, isDone: Bool, into answer: inout Answer) {
        switch item {
        case .functionCall(let id, let name, let arguments):
            if let known = answer.toolCall(at: output) {
                if known.name.isEmpty { answer.take(ToolCallFragment(index: output, id: id, name: name)) }
            } else {
                answer.take(ToolCallFragment(index: output, id: id, name: name))
            }
            if isDone { answer.closeToolCall(at: output, whole: arguments) }
        case .message(let content) where isDone:
            for (index, part) in content.enumerated() {
                if let text = part.text, part.type == "output_text" {
                    sayUntold(ResponsesPart(kind: .text, output: output, index: index), text, into: &answer)
                }
                if let text = part.refusal { sayUntold(ResponsesPart(kind: .refusal, output: output, index: index), text, into: &answer) }
            }
        case .reasoning(let content, let summary) where isDone:
            for (index, part) in content.enumerated() {
                sayUntold(ResponsesPart(kind: .reasoning, output: output, index: index), part.text ?? "", into: &answer)
            }
            for (index, part) in summary.enumerated() {
                sayUntold(ResponsesPart(kind: .summary, output: output, index: index), part.text ?? "", into: &answer)
            }
        case .message, .reasoning, .other: break
        }
    }

    // MARK: The end

    /// - Parameter word: The last of the event's type. The status within is asked too, and the worse of the two is believed.
    private mutating func end(_ word: String, _ response: ResponsesObject, in answer: inout Answer) {
        if let usage = response.usage?.tokens, !usage.isEmpty { answer.usage = usage }
        // The output is all there again. Where nothing was streamed it is news; else its places need not be those of the events.
        if !answer.hasOutput {
            for (index, item) in (response.output ?? []).enumerated() { take(item, at: index, isDone: true, into: &answer) }
        }
        switch word == "completed" ? response.status ?? word : word {
        case "completed":
            answer.finished(FinishReason(answer.hasToolCalls ? .toolCalls : .stop, raw: "completed"))
        case "incomplete":
            switch response.incompleteDetails?.reason {
            case "max_output_tokens": answer.finished(FinishReason(.length, raw: "max_output_tokens"), cut: .maxOutputTokens)
            case "content_filter": answer.finished(FinishReason(.contentFilter, raw: "content_filter"), cut: .contentFilter)
            case let reason: answer.finished(FinishReason(.other, raw: reason ?? "incomplete"), cut: .truncated)
            }
        case "failed", "cancelled":
            let reported = response.error.flatMap { $0.isEmpty ? nil : $0 }
            answer.fail(reported?.error() ?? InferenceError(.serverError, "The provider ended the response as \(word).", code: word))
        default:
            // `queued` or `in_progress`: it was to be streamed and is not there yet.
            break
        }
        answer.close()
    }
}

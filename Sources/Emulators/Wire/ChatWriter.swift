import NIOCore
import Web

/// Chat Completions as OpenAI streams them, and as OpenRouter does.
///
/// A piece is written between two constant texts, made once for a stream.
struct ChatWriter: EmulatorWriter {
    private let identity: AnswerIdentity
    private let usage: UsageFigures
    private let answersWithCalls: Bool
    private let events: EventBytes
    /// To the beginning of the delta's members.
    private let opening: [UInt8]
    /// To the beginning of a piece of text.
    private let textOpening: [UInt8]
    /// From the end of the delta's members to the reason of the finish, and behind it.
    private let beforeReason: [UInt8]
    private let noReason: [UInt8]
    private let emptyUsage: [UInt8]
    private var padding: Padding

    private var isOpenRouter: Bool { identity.kind == .openrouter }

    init(_ identity: AnswerIdentity, _ answer: ResolvedAnswer, to question: Question, wire: EmulatorWire, padding generator: SeededGenerator) {
        self.identity = identity
        usage = answer.usage
        answersWithCalls = answer.text.isEmpty && answer.refusal.isEmpty && !answer.calls.isEmpty
        events = EventBytes(wire.lineEnding)
        let isOpenRouter = identity.kind == .openrouter
        padding = Padding(wire.padding && question.pads && !isOpenRouter, generator)
        opening = Array("data: ".utf8) + Self.head(identity) + Array(#","choices":[{"index":0,"delta":{"#.utf8)
        textOpening = opening + Array((isOpenRouter ? #""role":"assistant","content":"# : #""content":"#).utf8)
        beforeReason = Array((isOpenRouter ? #"},"finish_reason":"# : #"},"logprobs":null,"finish_reason":"#).utf8)
        noReason = Array((isOpenRouter ? #"null,"native_finish_reason":null,"logprobs":null}]"# : "null}]").utf8)
        emptyUsage = Array((question.includesUsage && !isOpenRouter ? #","usage":null"# : "").utf8)
    }

    mutating func write(_ step: EmulatorStep, to buffer: inout ByteBuffer) {
        switch step {
        case .keepAlive: events.comment(isOpenRouter ? "OPENROUTER PROCESSING" : "keep-alive", to: &buffer)
        case .begin:
            // OpenRouter names the role on every chunk, so nothing is left for one of its own.
            guard !isOpenRouter else { return }
            buffer.writeBytes(opening)
            buffer.writeStaticString(#""role":"assistant","content":"#)
            buffer.writeString(answersWithCalls ? "null" : "\"\"")
            buffer.writeStaticString(#","refusal":null"#)
            close(&buffer)
        case .text(let text):
            buffer.writeBytes(textOpening)
            buffer.writeJSON(text)
            close(&buffer)
        case .reasoning(let text): reasoning(text, to: &buffer)
        case .refusal(let text):
            buffer.writeBytes(opening)
            buffer.writeString(isOpenRouter ? #""role":"assistant","content":"","refusal":"# : #""refusal":"#)
            buffer.writeJSON(text)
            close(&buffer)
        case .tool(let piece):
            buffer.writeBytes(opening)
            self.piece(piece, to: &buffer)
            close(&buffer)
        case .finish(let finish, let withUsage): self.finish(finish, withUsage, to: &buffer)
        case .usage: usageChunk(to: &buffer)
        case .done:
            buffer.writeStaticString("data: [DONE]")
            buffer.writeBytes(events.end)
        case .failure(let error): failure(error, to: &buffer)
        case .frame(let lines): events.frame(lines, to: &buffer)
        case .malformed:
            buffer.writeBytes(opening)
            buffer.writeStaticString(#""content":"this line is cut"#)
            buffer.writeBytes(events.end)
        }
    }

    // MARK: Chunks

    /// Ends a chunk without a reason to finish, behind its delta's members.
    private mutating func close(_ buffer: inout ByteBuffer) {
        buffer.writeBytes(beforeReason)
        buffer.writeBytes(noReason)
        buffer.writeBytes(emptyUsage)
        padding.writeObfuscation(to: &buffer)
        buffer.writeInteger(UInt8(ascii: "}"))
        buffer.writeBytes(events.end)
    }

    private mutating func reasoning(_ text: String, to buffer: inout ByteBuffer) {
        buffer.writeBytes(opening)
        if isOpenRouter {
            buffer.writeStaticString(#""role":"assistant","content":"","reasoning":"#)
            buffer.writeJSON(text)
            buffer.writeStaticString(#","reasoning_details":[{"type":"reasoning.text","text":"#)
            buffer.writeJSON(text)
            buffer.writeStaticString(#","format":"unknown","index":0}]"#)
        } else {
            // OpenAI hides it; this is how the servers name it that imitate OpenAI.
            buffer.writeStaticString(#""reasoning_content":"#)
            buffer.writeJSON(text)
        }
        close(&buffer)
    }

    private func piece(_ piece: ToolPiece, to buffer: inout ByteBuffer) {
        if isOpenRouter { buffer.writeStaticString(#""role":"assistant","content":null,"#) }
        buffer.writeStaticString(#""tool_calls":[{"#)
        if let index = piece.index { buffer.writeString("\"index\":\(index),") }
        if let id = piece.id {
            buffer.writeStaticString(#""id":"#)
            buffer.writeJSON(id)
            buffer.writeStaticString(#","type":"function","#)
        }
        buffer.writeStaticString(#""function":{"#)
        if let name = piece.name {
            buffer.writeStaticString(#""name":"#)
            buffer.writeJSON(name)
            buffer.writeInteger(UInt8(ascii: ","))
        }
        buffer.writeStaticString(#""arguments":"#)
        buffer.writeJSON(piece.arguments)
        buffer.writeStaticString("}}]")
    }

    private mutating func finish(_ finish: EmulatorFinish, _ withUsage: Bool, to buffer: inout ByteBuffer) {
        let reason = Self.reason(finish)
        buffer.writeBytes(opening)
        if isOpenRouter { buffer.writeStaticString(#""role":"assistant","content":"""#) }
        buffer.writeBytes(beforeReason)
        buffer.writeString(isOpenRouter ? "\"\(reason)\",\"native_finish_reason\":\"\(reason)\",\"logprobs\":null}]" : "\"\(reason)\"}]")
        if withUsage { writeUsage(to: &buffer) } else { buffer.writeBytes(emptyUsage) }
        padding.writeObfuscation(to: &buffer)
        buffer.writeInteger(UInt8(ascii: "}"))
        buffer.writeBytes(events.end)
    }

    /// OpenAI's has no choices. OpenRouter's has one that says nothing: so it was recorded, whatever its pages say.
    private mutating func usageChunk(to buffer: inout ByteBuffer) {
        if isOpenRouter {
            buffer.writeBytes(opening)
            buffer.writeStaticString(#""role":"assistant","content":"""#)
            buffer.writeBytes(beforeReason)
            buffer.writeBytes(noReason)
        } else {
            buffer.writeStaticString("data: ")
            buffer.writeBytes(Self.head(identity))
            buffer.writeStaticString(#","choices":[]"#)
        }
        writeUsage(to: &buffer)
        padding.writeObfuscation(to: &buffer)
        buffer.writeInteger(UInt8(ascii: "}"))
        buffer.writeBytes(events.end)
    }

    private func writeUsage(to buffer: inout ByteBuffer) {
        buffer.writeStaticString(#","usage":"#)
        buffer.writeBytes((isOpenRouter ? usage.openRouter : usage.chat).bytes())
    }

    private func failure(_ error: EmulatorError, to buffer: inout ByteBuffer) {
        let words = ErrorWords(error, of: identity.kind)
        guard isOpenRouter else { return events.data(words.body(requestID: identity.requestID), to: &buffer) }
        buffer.writeStaticString("data: ")
        buffer.writeBytes(Self.head(identity))
        let isRecorded = error.form == .recorded
        // A number was recorded where the pages have a word.
        let code: JSONValue = isRecorded ? .count(error.status) : .string(words.code ?? "server_error")
        let inner: JSONValue = ["code": code, "message": .string(words.message), "metadata": ["error_type": .string(words.type)]]
        buffer.writeStaticString(#","error":"#)
        buffer.writeBytes(inner.bytes())
        if isRecorded {
            buffer.writeStaticString(#","choices":[{"index":0,"delta":{"role":"assistant","content":"""#)
            buffer.writeBytes(beforeReason)
            buffer.writeBytes(noReason)
            writeUsage(to: &buffer)
        } else {
            buffer.writeStaticString(#","choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]"#)
        }
        buffer.writeInteger(UInt8(ascii: "}"))
        buffer.writeBytes(events.end)
    }

    // MARK: Words

    static func reason(_ finish: EmulatorFinish) -> String {
        // A refusal is an answer like any other here.
        finish == .refusal ? EmulatorFinish.stop.rawValue : finish.rawValue
    }

    /// An object's members up to its choices, with the brace that opens it.
    private static func head(_ identity: AnswerIdentity) -> [UInt8] {
        var bytes = head(identity, object: "chat.completion.chunk").bytes()
        bytes.removeLast()
        return bytes
    }

    /// The members that chunks and whole answers have in common.
    static func head(_ identity: AnswerIdentity, object: String) -> JSONValue {
        var members: [JSONValue.Member] = [.init("id", .string(identity.id))]
        if identity.kind == .openrouter { members.append(.init("provider", "Emulated")) }
        members += [.init("object", .string(object)), .init("created", .count(identity.created)), .init("model", .string(identity.model))]
        if identity.kind == .openai { members += [.init("service_tier", "default"), .init("system_fingerprint", "fp_emulated")] }
        return .object(members)
    }
}

import NIOCore
import Web

/// Anthropic's Messages as they are streamed: blocks that start, grow and stop.
struct MessagesWriter: EmulatorWriter {
    private let identity: AnswerIdentity
    private let answer: ResolvedAnswer
    private let events: EventBytes
    private var padding: Padding
    private var signatures: SeededGenerator
    /// The open block, or the next one.
    private var index = 0
    private var open: OpenBlock?

    private struct OpenBlock {
        enum Kind: Equatable { case thinking, text, tool(Int) }
        let kind: Kind
        /// What stands before a piece; behind it are two braces.
        let beforeDelta: [UInt8]
    }

    init(_ identity: AnswerIdentity, _ answer: ResolvedAnswer, wire: EmulatorWire, padding generator: SeededGenerator) {
        self.identity = identity
        self.answer = answer
        events = EventBytes(wire.lineEnding)
        padding = Padding(wire.padding, generator)
        signatures = generator
    }

    mutating func write(_ step: EmulatorStep, to buffer: inout ByteBuffer) {
        switch step {
        case .keepAlive: events.event("ping", [], to: &buffer)
        case .begin: event("message_start", [.init("message", MessagesBody.start(identity, answer))], to: &buffer)
        case .reasoning(let text): say(text, in: .thinking, to: &buffer)
        case .text(let text): say(text, in: .text, to: &buffer)
        // Said with the finish.
        case .refusal, .usage: break
        case .tool(let piece):
            if piece.isFirst {
                begin(.tool(piece.call), to: &buffer)
                // The first piece of a call's input is always empty.
                say("", in: .tool(piece.call), to: &buffer)
            } else {
                say(piece.arguments, in: .tool(piece.call), to: &buffer)
            }
            if piece.isLast { close(to: &buffer) }
        case .finish(let finish, let withUsage): self.finish(finish, withUsage, to: &buffer)
        case .done: event("message_stop", [], to: &buffer)
        case .failure(let error): events.event("error", [.init("error", ErrorWords(error, of: .anthropic).inner)], to: &buffer)
        case .frame(let lines): events.frame(lines, to: &buffer)
        case .malformed:
            buffer.writeBytes(events.head("content_block_delta"))
            buffer.writeStaticString(#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"this line is cut"#)
            buffer.writeBytes(events.end)
        }
    }

    // MARK: Blocks

    private mutating func say(_ text: String, in kind: OpenBlock.Kind, to buffer: inout ByteBuffer) {
        if open?.kind != kind { begin(kind, to: &buffer) }
        guard let block = open else { return }
        buffer.writeBytes(block.beforeDelta)
        buffer.writeJSON(text)
        buffer.writeInteger(UInt8(ascii: "}"))
        buffer.writeRepeatingByte(UInt8(ascii: " "), count: padding.length())
        buffer.writeInteger(UInt8(ascii: "}"))
        buffer.writeBytes(events.end)
    }

    private mutating func begin(_ kind: OpenBlock.Kind, to buffer: inout ByteBuffer) {
        close(to: &buffer)
        let delta: String
        let block: JSONValue
        switch kind {
        case .thinking:
            delta = #""thinking_delta","thinking":"#
            block = ["type": "thinking", "thinking": "", "signature": ""]
        case .text:
            delta = #""text_delta","text":"#
            block = ["type": "text", "text": ""]
        case .tool(let call):
            delta = #""input_json_delta","partial_json":"#
            block = ["type": "tool_use", "id": .string(answer.calls[call].id), "name": .string(answer.calls[call].name), "input": [:]]
        }
        event("content_block_start", [.init("index", .count(index)), .init("content_block", block)], to: &buffer)
        let before = #"{"type":"content_block_delta","index":\#(index),"delta":{"type":\#(delta)"#
        open = OpenBlock(kind: kind, beforeDelta: events.head("content_block_delta") + Array(before.utf8))
    }

    private mutating func close(to buffer: inout ByteBuffer) {
        guard let block = open else { return }
        if block.kind == .thinking {
            let delta: JSONValue = ["type": "signature_delta", "signature": .string("Em\(signatures.letters(62))==")]
            event("content_block_delta", [.init("index", .count(index)), .init("delta", delta)], to: &buffer)
        }
        event("content_block_stop", [.init("index", .count(index))], to: &buffer)
        open = nil
        index += 1
    }

    private mutating func finish(_ finish: EmulatorFinish, _ withUsage: Bool, to buffer: inout ByteBuffer) {
        // A limit inside of a tool's input leaves its block open: nothing stops it.
        if case .tool = open?.kind, finish == .length { open = nil }
        close(to: &buffer)
        var members: [JSONValue.Member] = [.init("delta", .object(MessagesBody.stop(answer, finish)))]
        if withUsage { members.append(.init("usage", answer.usage.messagesAtEnd)) }
        event("message_delta", members, to: &buffer)
    }

    private mutating func event(_ type: String, _ members: [JSONValue.Member], to buffer: inout ByteBuffer) {
        events.event(type, members, padding: padding.length(), to: &buffer)
    }
}

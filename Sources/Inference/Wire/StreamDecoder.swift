/// How the bytes of a stream stopped.
package enum StreamEnd: Sendable, Equatable {
    /// The body ended as HTTP says it should.
    case clean
    /// The transport, or a deadline, ended it.
    case broken(InferenceError)
}

/// Decodes one answer of a provider: bytes in, in whatever pieces they come, events out, no I/O and no clock.
///
/// Whatever the bytes are, the events end with exactly one ``ProviderEvent/ended(_:)``, at the latest at ``end(_:)``, and an answer that
/// the provider did not finish is never `completed`.
package protocol StreamDecoder: Sendable {
    /// Takes the next bytes of an event stream.
    mutating func decode(_ bytes: [UInt8]) -> [ProviderEvent]

    /// Takes a whole body that is no stream: one answer in one object, as some providers write although a stream was asked for, or an
    /// error object.
    mutating func decode(body: [UInt8]) -> [ProviderEvent]

    /// The bytes have stopped. Returns what is left to say; nothing when the answer had ended already.
    mutating func end(_ end: StreamEnd) -> [ProviderEvent]

    /// `.ended` has been returned; further bytes are ignored. The connection need not be read to its end: a provider may leave it open.
    var isEnded: Bool { get }

    /// The outcome is decided and only usage or the end marker is awaited: a reader waits for it briefly, not as long as for a token.
    var isSettled: Bool { get }

    /// Something that a user can see has come: the first token. Comments, the role and empty pieces are not it.
    var hasFirstToken: Bool { get }

    /// Events that are not what the format says. One is enough to fail the call.
    var malformedEvents: Int { get }
}

extension StreamDecoder {
    package mutating func decode(_ bytes: some Sequence<UInt8>) -> [ProviderEvent] { decode(Array(bytes)) }

    package mutating func decode(body: some Sequence<UInt8>) -> [ProviderEvent] { decode(body: Array(body)) }
}

/// Reads the events of one format: what stands in an event, and nothing of bytes, bounds and ends.
protocol EventReader: Sendable {
    init()

    /// Takes an event of the stream; its data is neither empty nor `[DONE]`.
    mutating func read(_ event: SSEEvent, into answer: inout Answer)

    /// Takes a whole body that is no stream.
    mutating func read(body: [UInt8], into answer: inout Answer)

    /// Where the answer stands behind the last event; nil in formats whose providers keep none, and where nobody asked for that.
    func position(in answer: Answer) -> AnswerPosition?
}

extension EventReader {
    func position(in answer: Answer) -> AnswerPosition? { nil }
}

/// The decoder of every format that is a `text/event-stream`: lines and bounds here, the words of the events in a ``EventReader``, the
/// rules of the end in ``Answer``.
struct EventStreamDecoder<Reader: EventReader>: StreamDecoder {
    private var lines: SSEDecoder
    private var reader: Reader
    private var answer: Answer
    private var isPlaced = false

    init(limits: SSEDecoder.Limits = .init(), reader: Reader = Reader(), answer: Answer = Answer()) {
        lines = SSEDecoder(limits: limits)
        self.reader = reader
        self.answer = answer
    }

    var isEnded: Bool { answer.isEnded }
    var isSettled: Bool { answer.isSettled }
    var hasFirstToken: Bool { answer.hasOutput }
    var malformedEvents: Int { answer.malformedEvents }

    mutating func decode(_ bytes: [UInt8]) -> [ProviderEvent] {
        guard !answer.isEnded else { return [] }
        var groups: [ProviderEvent] = []
        do {
            for event in try lines.decode(bytes) {
                if answer.isEnded { break }
                if event.data.isEmpty { continue }
                // OpenAI's end marker. Formats with one of their own are sent it by some intermediaries all the same.
                if event.data == "[DONE]" {
                    answer.close()
                } else {
                    reader.read(event, into: &answer)
                    group(&groups)
                }
            }
        } catch {
            answer.fail(InferenceError(.invalidResponse, "The provider sent a line or event over the bound: \(error)."))
            answer.close()
        }
        return groups.isEmpty ? answer.handOver() : groups + answer.handOver()
    }

    /// What an event of the stream came to stays together with the position behind it.
    private mutating func group(_ groups: inout [ProviderEvent]) {
        guard let position = reader.position(in: answer) else { return }
        let events = answer.handOver()
        if !events.isEmpty || !isPlaced { groups.append(.group(events, position)) }
        isPlaced = true
    }

    mutating func decode(body: [UInt8]) -> [ProviderEvent] {
        guard !answer.isEnded else { return [] }
        reader.read(body: body, into: &answer)
        answer.close()
        return answer.handOver()
    }

    mutating func end(_ end: StreamEnd) -> [ProviderEvent] {
        answer.stop(end)
        return answer.handOver()
    }
}

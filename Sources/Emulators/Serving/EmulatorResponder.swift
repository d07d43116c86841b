import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Web

/// A provider's side of HTTP: reads what is asked, chooses the answer, and leaves the rest to the exchange.
struct EmulatorResponder: HTTPResponder {
    /// As the providers bound it.
    static let largestBody = 32 << 20

    let kind: EmulatorKind
    let script: EmulatorScript
    let seed: UInt64
    let clock: any Clock<Duration>
    let book: RequestBook
    let shelf: ResponseShelf
    let headers: EmulatorHeaders
    private let picker: RulePicker
    private let models: ModelList

    init(kind: EmulatorKind, script: EmulatorScript, seed: UInt64, clock: any Clock<Duration>, book: RequestBook, shelf: ResponseShelf) {
        self.kind = kind
        self.script = script
        self.seed = seed
        self.clock = clock
        self.book = book
        self.shelf = shelf
        picker = RulePicker(script)
        headers = EmulatorHeaders(kind)
        models = ModelList(kind, script)
    }

    func respond(to request: Request, context: EmulatorContext) async throws -> Response {
        let path = request.uri.path
        if path.hasPrefix("/_emulator/") { return ObservationRoutes(book: book).respond(to: request, path: path) }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: Self.largestBody)
        } catch is NIOTooManyBytesError {
            return refusal(EmulatorError(413, message: "The body is longer than \(Self.largestBody) bytes."), requestID: "req_too_large")
        }
        let number = book.arrived(
            method: request.method.rawValue, path: path + (request.uri.query.map { "?\($0)" } ?? ""), headers: ObservedHeaders.read(request.headers),
            body: String(decoding: body.readableBytesView.prefix(RequestBook.longestBody), as: UTF8.self))
        let departure = Departure()
        await ClientWatch.follow(context.channel, departure)
        let exchange = EmulatorExchange(channel: context.channel, clock: clock, departure: departure, book: book, number: number)
        var generator = SeededGenerator(seed: seed, number: number)
        let question: Question
        do throws(EmulatorError) {
            switch try read(request, path, body) {
            case .document(let value): return done(document(value), number)
            case .kept(let asked): return try answer(asked, exchange)
            case .question(let asked): question = asked
            }
        } catch {
            return done(refusal(error, requestID: "req_\(generator.letters(24))"), number)
        }
        return try await answer(question, exchange, &generator)
    }

    // MARK: Reading

    private enum Reading {
        case document(JSONValue)
        case question(Question)
        case kept(KeptRequest)
    }

    private func read(_ request: Request, _ path: String, _ body: ByteBuffer) throws(EmulatorError) -> Reading {
        try checkKey(request.headers)
        guard let route = try EmulatorRoute.find(kind, method: request.method.rawValue, path: path, query: request.uri.query) else {
            throw EmulatorError(404, code: "unknown_url", message: "\(request.method.rawValue) \(path) is not known here.")
        }
        switch route {
        case .kept(let asked): return .kept(asked)
        case .models: return .document(models.document)
        case .model(let name):
            try checkModel(name)
            return .document(models.model(name))
        case .ask(let shape):
            let question = try self.question(shape, Data(body.readableBytesView), request.headers)
            try checkModel(question.model)
            return .question(question)
        }
    }

    private func question(_ shape: EmulatorShape, _ body: Data, _ headers: HTTPFields) throws(EmulatorError) -> Question {
        switch shape {
        case .chat: return try ChatQuestion.read(body, kind: kind)
        case .responses: return try ResponsesQuestion.read(body)
        case .messages:
            guard headers[.literal("anthropic-version")] != nil else {
                throw EmulatorError(400, message: "The header 'anthropic-version' is required and missing.")
            }
            return try MessagesQuestion.read(body)
        }
    }

    private func checkKey(_ headers: HTTPFields) throws(EmulatorError) {
        guard let key = script.key else { return }
        guard headers[.authorization] != "Bearer \(key)", headers[.apiKey] != key else { return }
        throw EmulatorError(401, message: "The key is missing or not the one that is wanted.")
    }

    private func checkModel(_ name: String) throws(EmulatorError) {
        guard let models = script.models, !models.contains(name) else { return }
        throw EmulatorError(404, message: "There is no model '\(name)' here.", param: "model")
    }

    // MARK: Answering

    /// - Throws: `Departure.Reason` when nobody waits any more before the head.
    private func answer(_ question: Question, _ exchange: EmulatorExchange, _ generator: inout SeededGenerator) async throws -> Response {
        let answer = picker.answer(to: question)
        let identity = AnswerIdentity(question, of: kind, created: Int(Date().timeIntervalSince1970), using: &generator)
        if let error = answer.refuse {
            try await exchange.reachHead(after: answer.pace.drawn(answer.pace.headers, using: &generator))
            return done(refusal(error, requestID: identity.requestID), exchange.number)
        }
        let resolved = ResolvedAnswer(answer, to: question, of: kind, using: &generator)
        if question.isBackground { return try await keep(answer, resolved, identity, question, exchange, &generator) }
        if question.streams {
            let course = EmulatorCourse(streaming: answer, resolved, to: question, of: kind, using: &generator)
            try await exchange.reachHead(after: course.head)
            let writer = self.writer(identity, resolved, question, answer.wire, generator)
            return exchange.stream(Response(status: .ok, headers: headers.stream(identity)), course.acts, answer.wire, writer: writer)
        }
        try await exchange.reachHead(after: EmulatorCourse.waitForWhole(answer, resolved, using: &generator))
        if answer.ending.kind == .error {
            return done(refusal(answer.ending.error ?? EmulatorError(), requestID: identity.requestID), exchange.number)
        }
        let bytes = ByteBuffer(bytes: whole(identity, resolved, question, &generator).bytes())
        return exchange.whole(Response(status: .ok, headers: headers.document(identity)), bytes, isReset: answer.ending.kind == .reset)
    }

    private func writer(
        _ identity: AnswerIdentity, _ resolved: ResolvedAnswer, _ question: Question, _ wire: EmulatorWire, _ generator: SeededGenerator
    ) -> any EmulatorWriter {
        let writer: any EmulatorWriter =
            switch question.shape {
            case .chat: ChatWriter(identity, resolved, to: question, wire: wire, padding: generator)
            case .responses: ResponsesWriter(identity, resolved, to: question, wire: wire, padding: generator)
            case .messages: MessagesWriter(identity, resolved, wire: wire, padding: generator)
            }
        guard wire.stamps else { return writer }
        return StampingWriter(writer)
    }

    private func whole(
        _ identity: AnswerIdentity, _ resolved: ResolvedAnswer, _ question: Question, _ generator: inout SeededGenerator
    ) -> JSONValue {
        switch question.shape {
        case .chat: ChatBody.whole(identity, resolved)
        case .responses: ResponsesItems.whole(identity, resolved, using: &generator)
        case .messages: MessagesBody.whole(identity, resolved, using: &generator)
        }
    }

    func document(_ value: JSONValue, _ identity: AnswerIdentity? = nil) -> Response {
        Response(status: .ok, headers: headers.document(identity), body: .init(byteBuffer: ByteBuffer(bytes: value.bytes())))
    }

    private func refusal(_ error: EmulatorError, requestID: String) -> Response {
        let bytes = ErrorWords(error, of: kind).body(requestID: requestID).bytes()
        return Response(
            status: .init(code: error.httpStatus ?? error.status), headers: headers.error(error, requestID: requestID),
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// An answer that is as good as sent.
    func done(_ response: Response, _ number: Int) -> Response {
        book.ended(number, as: .finished)
        return response
    }
}

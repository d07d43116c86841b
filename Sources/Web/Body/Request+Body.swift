import Foundation
import HTTPTypes
package import Hummingbird
import NIOCore

extension Request {
    /// Reads the whole body before anything is done with it, so that a half-sent one has no effect.
    ///
    /// - Throws: 413 over `limit` bytes (at once when the length is announced); 408 when it takes longer than
    ///   `deadline` (30 s: a slow line still sends some hundred kilobytes; what stalls altogether is closed by the
    ///   server's idle time-out); 400 when the client stops in the middle.
    package func readBody(limit: Int, deadline: Duration = .seconds(30)) async throws -> [UInt8] {
        let announced = headers[.contentLength].flatMap { Int($0) }
        if let announced, announced > limit { throw Problem.tooLarge(limit: limit) }
        let end = ContinuousClock.now.advanced(by: deadline)
        var bytes: [UInt8] = []
        if let announced { bytes.reserveCapacity(announced) }
        var iterator = body.makeAsyncIterator()
        while let chunk = try await Self.next(&iterator) {
            guard bytes.count + chunk.readableBytes <= limit else { throw Problem.tooLarge(limit: limit) }
            bytes.append(contentsOf: chunk.readableBytesView)
            try Self.check(end, deadline)
        }
        // Its end may have been held back.
        try Self.check(end, deadline)
        // Hummingbird ends the body quietly when the connection closes.
        if let announced, bytes.count != announced {
            throw Problem.badRequest("The body ended after \(bytes.count) of \(announced) bytes.")
        }
        return bytes
    }

    /// The same with the limit of the route, as its ``APIOperation`` states it.
    ///
    /// A body that took its time came after what was found out about its sender could be believed: that is looked up again.
    /// - Throws: ``IdentityEnded`` too, a 401 problem.
    package func readBody(in context: some RequestContext) async throws -> [UInt8] {
        let start = ContinuousClock.now
        let bytes = try await readBody(limit: context.maxUploadSize)
        if let hold = (context as? IdentifiedContext)?.hold { try await hold.confirm(after: ContinuousClock.now - start) }
        return bytes
    }

    private static func check(_ end: ContinuousClock.Instant, _ deadline: Duration) throws {
        guard ContinuousClock.now < end else {
            throw Problem(
                .requestTimeout, name: "slow-body", title: "The body took too long",
                detail: "A body is read for at most \(deadline.components.seconds) s.")
        }
    }

    private static func next(_ iterator: inout RequestBody.AsyncIterator) async throws -> ByteBuffer? {
        do {
            return try await iterator.next()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw Problem.badRequest("The body could not be read to its end.")
        }
    }

    /// Reads and decodes a JSON body.
    ///
    /// The bytes come back as well: an Idempotency-Key's digest and a signature are over them.
    /// - Throws: what ``readBody(in:)`` throws; 415 for a content type that is not JSON (none at all is taken
    ///   for JSON); 400 for what is not a JSON document in UTF-8; 422 with a JSON pointer for a value of the wrong kind.
    ///
    /// - Parameter read: a reader that is quicker than the general decoder, for requests that come by the thousand. It accepts nothing that
    ///   the decoder refuses, and returns nil for whatever it leaves to that one, which is also the one to say what is wrong.
    package func readJSON<T: Decodable>(
        _ type: T.Type, in context: some RequestContext, quickly read: ([UInt8]) -> T? = { _ in nil }
    ) async throws -> (value: T, body: [UInt8]) {
        try requireJSON()
        let body = try await readBody(in: context)
        return (try JSONBody.decode(type, from: body, quickly: read), body)
    }

    /// Reads a JSON body as a value; see ``JSONBody/document(_:)``.
    ///
    /// - Throws: what ``readJSON(_:in:)`` throws.
    package func readDocument(in context: some RequestContext) async throws -> (document: JSONValue, body: [UInt8]) {
        try requireJSON()
        let body = try await readBody(in: context)
        return (try JSONBody.document(body), body)
    }

    /// Reads the body of an action that its path says all of: nothing, or a JSON object whose members mean nothing here. It
    /// is read to its end all the same, so that a request that was cut has no effect.
    ///
    /// - Returns: the bytes, which an Idempotency-Key's digest is over.
    /// - Throws: what ``readJSON(_:in:)`` throws, but not for an empty body.
    package func readAction(in context: some RequestContext) async throws -> [UInt8] {
        let body = try await readBody(in: context)
        guard !body.isEmpty else { return body }
        try requireJSON()
        _ = try JSONBody.decode([String: JSONValue].self, from: body)
        return body
    }

    private func requireJSON() throws {
        // As nearly all clients write it; the rest takes the field apart.
        guard let field = headers[.contentType], field != "application/json" else { return }
        let parts = field.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
        let type = parts.first ?? ""
        let charset = parts.dropFirst().first { $0.hasPrefix("charset=") }
        let isJSON = type == "application/json" || (type.hasPrefix("application/") && type.hasSuffix("+json"))
        let isUTF8 = charset.map { ["charset=utf-8", "charset=\"utf-8\"", "charset=utf8"].contains($0) } ?? true
        guard isJSON, isUTF8 else { throw Problem.unsupportedMediaType(found: field, expected: "application/json") }
    }
}

import Foundation

/// How one kind of provider is spoken to: where, with which headers, what is sent, and how its answer is read. No I/O.
///
/// A provider is one value of this, named in ``ProviderFormat``, and its fixtures in the tests; ``HTTPProvider`` carries every one of
/// them over HTTP. A provider that speaks a known format with words of its own is one file (``OpenRouterFormat``); a new format is a
/// folder beside the others, with its request and its ``EventReader``.
protocol WireFormat: Sendable {
    /// Behind the base URL, which ends with the version.
    var path: String { get }

    /// What the provider asks for beside `content-type` and `accept`; the names in lower case.
    func headers(key: ProviderKey?) -> [(name: String, value: String)]

    /// The body of the call as JSON; the same request is the same bytes.
    ///
    /// - Throws: ``InferenceError`` of kind `invalid_request` for an option that the format has no word for. Leaving it out would be an
    ///   answer to another request.
    func body(_ request: ProviderRequest) throws -> [UInt8]

    /// - Parameter answer: What the stream is read into.
    func decoder(into answer: Answer) -> any StreamDecoder

    /// The decoder of the answer to `request`, which may begin in the middle (``ProviderRequest/kept``).
    func decoder(for request: ProviderRequest) -> any StreamDecoder

    /// Where the rest of an answer that the provider keeps is read, behind the base URL; nil in formats whose providers keep none.
    func rest(of position: AnswerPosition) -> String?

    /// Where such an answer is given up, behind the base URL.
    func abandonment(of position: AnswerPosition) -> String?

    /// The error behind a status that is not 200.
    ///
    /// - Parameter body: What came with it; may be anything, or cut.
    func refusal(status: Int, body: [UInt8], headers: RetryHeaders) -> InferenceError
}

extension WireFormat {
    func decoder(for request: ProviderRequest) -> any StreamDecoder { decoder(into: Answer(to: request)) }

    func rest(of position: AnswerPosition) -> String? { nil }

    func abandonment(of position: AnswerPosition) -> String? { nil }

    func headers(key: ProviderKey?) -> [(name: String, value: String)] {
        guard let key else { return [] }
        return [(name: "authorization", value: "Bearer \(key.revealed)")]
    }

    /// The body's error object if there is one, else the status tells; how long to wait stands in the headers.
    func refusal(status: Int, body: [UInt8], headers: RetryHeaders) -> InferenceError {
        let reported = (try? JSONDecoder().decode(ErrorBody.self, from: Data(body)))?.fault
        let fault = reported ?? ProviderFault(message: "The provider answered with HTTP status \(status).")
        var error = fault.error(status: status, retryAfter: headers.retryAfter, shouldRetry: headers.shouldRetry)
        if error.retryAfter == nil, error.kind == .rateLimited { error.retryAfter = headers.limits.wait }
        // A redirect is refused, since the key would go to another host; nothing of it is an answer.
        if status < 400 { error.kind = .invalidResponse }
        return error
    }
}

/// The body of a refusal: `{"error":…}` at all providers here, `{"object":"error","message":…}` at some servers of open models.
struct ErrorBody: Decodable {
    var fault: ProviderFault?

    private enum CodingKeys: String, CodingKey { case error, object }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let error = try container.decodeIfPresent(ProviderFault.self, forKey: .error) {
            fault = error.isEmpty ? nil : error
        } else if (try? container.decode(String.self, forKey: .object)) == "error" {
            fault = try ProviderFault(from: decoder)
        }
    }
}

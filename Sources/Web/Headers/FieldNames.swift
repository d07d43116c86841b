package import HTTPTypes

extension HTTPField.Name {
    /// The answer's name for the request, to quote to whoever reads the logs.
    package static let requestID = literal("x-request-id")
    /// The producer's name for a request that it may send again.
    package static let idempotencyKey = literal("idempotency-key")
    /// `true` on an answer that repeats an earlier acceptance.
    package static let idempotencyReplayed = literal("idempotency-replayed")
    /// What a client may still do, per draft-ietf-httpapi-ratelimit-headers.
    package static let rateLimit = literal("ratelimit")
    /// The rules behind `RateLimit`.
    package static let rateLimitPolicy = literal("ratelimit-policy")
    /// Related resources, RFC 8288.
    package static let link = literal("link")
    /// Where an SSE client resumes.
    package static let lastEventID = literal("last-event-id")
    /// Tells proxies of the nginx family to pass bytes on as they come.
    package static let accelBuffering = literal("x-accel-buffering")
    /// The token's place in Anthropic's clients, which send no `Authorization`.
    package static let apiKey = literal("x-api-key")

    /// A name written in this source: only a mistake here can make it invalid.
    package static func literal(_ name: StaticString) -> HTTPField.Name {
        guard let name = HTTPField.Name("\(name)") else { preconditionFailure("\(name) is not a header's name") }
        return name
    }
}

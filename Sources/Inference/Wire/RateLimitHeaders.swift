/// What the headers of a refusal say about trying again.
struct RetryHeaders: Sendable, Equatable {
    /// `retry-after-ms`, else `retry-after`.
    var retryAfter: Duration?
    /// `x-should-retry: true` or `false`: the provider knows better than its status.
    var shouldRetry: Bool?
    var limits = RateLimitHeaders()

    init(retryAfter: Duration? = nil, shouldRetry: Bool? = nil, limits: RateLimitHeaders = RateLimitHeaders()) {
        self.retryAfter = retryAfter
        self.shouldRetry = shouldRetry
        self.limits = limits
    }

    /// - Parameters:
    ///   - now: Seconds since 1970, for values that name a time.
    ///   - header: The first field of that name, which is in lower case.
    init(now: Double, header: (String) -> String?) {
        retryAfter = RetryAfter.duration(milliseconds: header("retry-after-ms"), value: header("retry-after"), now: now)
        switch header("x-should-retry")?.lowercased() {
        case "true": shouldRetry = true
        case "false": shouldRetry = false
        default: shouldRetry = nil
        }
        limits = RateLimitHeaders(now: now, header: header)
    }
}

/// What a provider tells about its rate limits.
///
/// | provider | headers | reset |
/// |---|---|---|
/// | OpenAI | `x-ratelimit-{limit,remaining,reset}-{requests,tokens}` | `120ms`, `1s`, `6m0s` |
/// | Anthropic | `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}` | `2026-10-21T07:28:00Z` |
/// | OpenRouter | `x-ratelimit-{limit,remaining,reset}` | milliseconds since 1970 |
struct RateLimitHeaders: Sendable, Equatable {
    /// One limit: what is counted, and how much of it is left until when.
    struct Window: Sendable, Equatable {
        /// `requests`, `tokens`, …; empty where there is one limit without a name.
        var resource: String
        var limit: Int?
        var remaining: Int?
        /// From now until the limit is whole again.
        var reset: Duration?
    }

    var windows: [Window] = []

    init() {}

    init(now: Double, header: (String) -> String?) {
        windows = Self.names.compactMap { resource, before, behind -> Window? in
            let window = Window(
                resource: resource, limit: header(before + "limit" + behind).flatMap { Int($0) },
                remaining: header(before + "remaining" + behind).flatMap { Int($0) },
                reset: header(before + "reset" + behind).flatMap { Self.reset($0, now: now) })
            return window == Window(resource: resource) ? nil : window
        }
    }

    /// What is counted, and what stands in a field's name before and behind `limit`, `remaining` and `reset`.
    private static let names: [(resource: String, before: String, behind: String)] = [
        ("requests", "x-ratelimit-", "-requests"), ("tokens", "x-ratelimit-", "-tokens"), ("requests", "anthropic-ratelimit-requests-", ""),
        ("tokens", "anthropic-ratelimit-tokens-", ""), ("input-tokens", "anthropic-ratelimit-input-tokens-", ""),
        ("output-tokens", "anthropic-ratelimit-output-tokens-", ""), ("", "x-ratelimit-", ""),
    ]

    /// How long until all that is used up is there again; nil when nothing is, or nobody says until when.
    var wait: Duration? {
        windows.filter { $0.remaining == 0 }.compactMap(\.reset).max()
    }

    /// A reset as any of the providers writes it.
    static func reset(_ text: String, now: Double) -> Duration? {
        if let number = Double(text) {
            guard number.isFinite, number >= 0 else { return nil }
            // A number of this size is a time: no limit lasts thirty years. Of times the larger are in milliseconds.
            let seconds = number > 1e12 ? number / 1_000 - now : number > 1e9 ? number - now : number
            return bounded(seconds)
        }
        if let time = RFC3339.seconds(text) { return bounded(time - now) }
        return duration(text)
    }

    /// `6m0s`, `1h30m`, `120ms`, `1.5s`: numbers with their units, the larger ones first.
    static func duration(_ text: String) -> Duration? {
        var rest = Substring(text)
        var total = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            let unit = rest.dropFirst(digits.count).prefix { $0.isLetter || $0 == "µ" }
            guard let number = Double(digits), let seconds = units[String(unit)] else { return nil }
            total += number * seconds
            rest = rest.dropFirst(digits.count + unit.count)
        }
        return bounded(total)
    }

    private static let units: [String: Double] = ["d": 86_400, "h": 3_600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9]

    private static func bounded(_ seconds: Double) -> Duration? {
        // By way of whole nanoseconds, for a fraction of seconds has no exact form: 120ms are 120 ms.
        seconds.isFinite ? min(.nanoseconds(Int64((min(max(0, seconds), 1e6) * 1e9).rounded())), RetryAfter.maximum) : nil
    }
}

package import HTTPTypes

/// What a client may still do, for the headers of draft-ietf-httpapi-ratelimit-headers.
///
///     RateLimit-Policy: "default";q=600;w=60
///     RateLimit: "default";r=512;t=31
package struct RateLimit: Sendable, Hashable {
    /// The policy's name: letters, digits, `-` and `_`.
    package let policy: String
    /// Requests per window.
    package let quota: Int
    /// The window's length.
    package let window: Duration
    /// Requests left in this window.
    package let remaining: Int
    /// Until the quota is full again.
    package let reset: Duration

    package init(policy: String, quota: Int, window: Duration, remaining: Int, reset: Duration) {
        self.policy = policy
        self.quota = quota
        self.window = window
        self.remaining = remaining
        self.reset = reset
    }

    /// Writes both headers.
    package func write(to fields: inout HTTPFields) {
        fields[.rateLimitPolicy] = "\"\(policy)\";q=\(quota);w=\(window.components.seconds)"
        fields[.rateLimit] = "\"\(policy)\";r=\(max(0, remaining));t=\(max(0, reset.components.seconds))"
    }
}

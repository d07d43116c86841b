/// `Retry-After` in whole seconds: rounded up, for a client that comes back early is refused again; at least 1.
enum RetryAfter {
    static func value(_ delay: Duration) -> String {
        let (seconds, fraction) = delay.components
        return "\(max(1, seconds + (fraction > 0 ? 1 : 0)))"
    }
}

/// How long to wait before trying again to open a connection: full jitter under a ceiling that doubles.
///
/// | failures in a row | ceiling |
/// |---|---|
/// | 0 | none |
/// | 1 | 50 ms |
/// | 2 | 100 ms |
/// | 3 | 200 ms |
/// | 6 and more | 1 s |
///
/// The ceiling is low because each pool has few connections; the jitter keeps the processes of a fleet apart.
enum Backoff {
    static func ceiling(failures: Int) -> Duration {
        guard failures > 0 else { return .zero }
        return min(.milliseconds(50) * (1 << min(failures - 1, 10)), .seconds(1))
    }

    static func pause(failures: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        ceiling(failures: failures) * Double.random(in: 0..<1, using: &generator)
    }
}

/// Asks again and again until `condition` is true; the only way of waiting for what sends no signal.
///
/// - Parameter timeout: generous, for it is only waited for in full when the test fails.
/// - Throws: `TestSupportError` with the caller's place when it is not true in time; whatever `condition` throws.
package func eventually(
    timeout: Duration = .seconds(15), every interval: Duration = .milliseconds(10), _ what: String = "the condition",
    file: StaticString = #fileID, line: UInt = #line, isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    var left = timeout
    while true {
        let turn = ContinuousClock.now
        if try await condition() { return }
        guard left > .zero else {
            throw TestSupportError("\(file):\(line): \(what) was not true within \(timeout)")
        }
        try await Task.sleep(for: interval)
        // A turn that a busy machine held up is no time that what is waited for had.
        left -= min(ContinuousClock.now - turn, max(interval * 10, .milliseconds(100)))
    }
}

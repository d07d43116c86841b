import LocalStack

/// Starts the private servers again when one of them ends by itself. The ingress and the workers ride it out.
struct ServerWatch: Sendable {
    let stack: LocalStack

    private static let interval = Duration.seconds(1)
    private static let longestPause = Duration.seconds(30)

    /// Watches until the task is cancelled.
    func run() async {
        var pause = Self.interval
        // Ends by cancellation.
        while (try? await Task.sleep(for: pause)) != nil {
            do {
                let missing = try stack.endpoints().map { found in Server.allCases.filter { found.pids[$0] == nil } } ?? []
                guard !missing.isEmpty else {
                    pause = Self.interval
                    continue
                }
                Talk.say("\(missing.map(\.rawValue).joined(separator: ", ")) ended; starting it again")
                _ = try await stack.start()
                pause = Self.interval
            } catch {
                guard !Task.isCancelled else { return }
                pause = min(pause * 2, Self.longestPause)
                Talk.say("a server could not be started again, next try in \(pause.components.seconds) s: \(error)")
            }
        }
    }
}

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
                pause = Self.interval
                guard let known = try stack.endpoints() else { continue }
                let missing = Server.allCases.filter { known.pids[$0] == nil }
                // A server that was killed may hold its port for as long as the kernel frees its memory; at another port nobody
                // would find it.
                guard !missing.isEmpty, missing.allSatisfy({ FreePort.isFree(known.ports[$0] ?? 0) }) else { continue }
                Talk.say("\(missing.map(\.rawValue).joined(separator: ", ")) ended; starting it again")
                guard try await stack.start().ports != known.ports else { continue }
                Talk.say("it came back at another port, where nobody looks for it: ops/down, then ops/up")
            } catch {
                guard !Task.isCancelled else { return }
                pause = min(pause * 2, Self.longestPause)
                Talk.say("a server could not be started again, next try in \(pause.components.seconds) s: \(error)")
            }
        }
    }
}

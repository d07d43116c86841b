import Foundation
import LocalStack

/// The demonstration's fourth part: a small tree of processes is measured by the command line, as CI does it.
struct DemoProfile: Sendable {
    let client: APIClient

    /// Three pipelines at once, each with a process that holds 20, 40 or 60 MB for half a second: `tail` keeps what it may have to
    /// print until its input ends.
    private static let script =
        "for mb in 20 40 60; do { head -c ${mb}000000 /dev/zero; sleep 0.6; } | tail -c ${mb}000000 >/dev/null & done; wait"

    func show() async throws {
        #if os(Linux)
        let file = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("mainstay-demo-\(UUID().uuidString).json").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await measure(into: file)
        // The same bytes once more are the same job: so its id is told.
        let place = try await ProfileSubmission(client: client).send(try Data(contentsOf: URL(fileURLWithPath: file)))
        guard let id = UUID(uuidString: String(place.suffix(36))) else { throw UpFault("the ingress answered with no profile: \(place)") }
        try await JobAnswer.expectDone(id, client, "the profile")
        let stored = try APIClient.decoder.decode(Stored.self, from: try await client.raw(.get, "/v1/build-profiles/\(id.uuidString.lowercased())"))
        Talk.say("   stored: \(stored)")
        Talk.say("   look: \(place)   mainstay report build-memory")
        #else
        Talk.say("   left out: measuring reads /proc, which only Linux has")
        #endif
    }

    private func measure(into file: String) async throws {
        var environment = ProcessInfo.processInfo.environment
        environment["MAINSTAY_URL"] = client.url
        environment["MAINSTAY_TOKEN"] = client.token
        let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard null >= 0 else { throw UpFault("cannot read /dev/null: \(String(cString: strerror(errno)))") }
        defer { close(null) }
        let words = [try UpStart.program(), "profile", "--step", "demo", "--json", file, "--", "/bin/sh", "-c", Self.script]
        // All that it says is talk here.
        let child = try Spawn.start(words, environment: environment, input: null, output: STDERR_FILENO, errors: STDERR_FILENO)
        let ending = await ChildEnding.of(child)
        guard ending == .exit(0) else { throw UpFault("`mainstay profile` ended with \(ending); what it said is above") }
    }

    /// What PostgreSQL holds of a profile.
    private struct Stored: Decodable, CustomStringConvertible {
        let command: String
        let duration: Int
        let peak: Int
        let largest: Int?
        let processes: Int?

        enum CodingKeys: String, CodingKey {
            case command
            case duration = "duration_ms"
            case peak = "peak_rss"
            case largest = "largest_process_rss"
            case processes = "processes_at_peak"
        }

        var description: String {
            let tree = "\(Self.megabytes(peak)) at the peak of \(processes.map(String.init) ?? "?") processes"
            return "\(tree), the largest of them \(largest.map(Self.megabytes) ?? "?"), in \(String(format: "%.1f", Double(duration) / 1000)) s"
        }

        private static func megabytes(_ bytes: Int) -> String { String(format: "%.1f MiB", Double(bytes) / 1_048_576) }
    }
}

import Foundation
import TestSupport
import Testing

/// `mainstay bench streams` as a program, with servers, provider, ingress and workers of its own.
@Suite("A bench of streams", .serialized, .timeLimit(.minutes(5))) struct StreamBenchRunTests {
    /// A folder for what the bench makes, in which it must leave nothing.
    private static func environment() throws -> (variables: [String: String], folder: String) {
        let folder = try TestFolder.make("bench-streams")
        return (UpStack.bareEnvironment.merging(["TMPDIR": folder]) { $1 }, folder)
    }

    private static func expectNothing(in folder: String) async throws {
        // A shell of its own removes it, a moment later.
        try await eventually(timeout: .seconds(30), "the bench's folders are gone") {
            try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("mainstay-bench") }.isEmpty
        }
    }

    @Test("loses nothing, tells both sides and what is added in JSON, and leaves nothing behind")
    func figures() async throws {
        let (variables, folder) = try Self.environment()
        let words = ["bench", "streams", "--streams", "3", "--tokens", "20", "--gap", "5", "--answers", "2", "--runs", "2", "--json"]
        let result = try await Program.run(words, environment: variables)
        try #require(result.status == 0, "\(result.output) \(result.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        #expect(object?["version"] as? Int == 1)
        let rows = try #require(object?["rows"] as? [[String: Any]])
        #expect(rows.map { $0["side"] as? String } == ["direct", "through", "added", "aim"])
        let members: Set = [
            "side", "ttft_p50_ms", "ttft_p99_ms", "token_p50_ms", "token_p99_ms", "tokens_per_s", "client_cores", "answers", "lost",
            "token_p50_of_each_run",
        ]
        for row in rows { #expect(Set(row.keys) == members) }
        for row in rows.prefix(2) {
            #expect(row["answers"] as? Int == 12 && row["lost"] as? Int == 0)
            // Never less than nothing, for one clock tells both times.
            let times = ["ttft_p50_ms", "token_p50_ms", "token_p99_ms"].compactMap { row[$0] as? Double }
            #expect(times.count == 3 && times.allSatisfy { $0 >= 0 })
            #expect((row["tokens_per_s"] as? Double ?? 0) > 0 && (row["client_cores"] as? Double ?? 0) > 0)
        }
        for row in rows.prefix(3) {
            #expect(row["ttft_p50_ms"] is Double && row["token_p50_ms"] is Double && row["token_p99_ms"] is Double)
            // Six first tokens in a run have none.
            #expect(row["ttft_p99_ms"] is NSNull)
            #expect((row["token_p50_of_each_run"] as? [Double])?.count == 2)
        }
        #expect(rows.last?["lost"] as? Int == 0)
        try await Self.expectNothing(in: folder)
    }

    @Test("ended by a signal it takes its processes with it, and its folder")
    func interrupted() async throws {
        let (variables, folder) = try Self.environment()
        // Answers of minutes: it ends by the signal and not by itself.
        let script = """
            "$0" bench streams --streams 2 --tokens 10000 --gap 20 2>"$1/said" >&2 & bench=$!
            while ! grep -q 'warming up' "$1/said" && kill -0 $bench; do sleep 0.1; done
            pids=$(cat "$1"/mainstay-bench-streams-*/run/*.pid)
            kill -TERM $bench; wait $bench; echo "ended with $?"
            echo $(echo $pids | wc -w) processes
            for pid in $pids; do if kill -0 $pid; then echo "$pid goes on"; fi; done
            """
        let result = try await Program.run(words: ["/bin/sh", "-c", script, try Deployment.program, folder], environment: variables)
        let said = (try? String(contentsOfFile: "\(folder)/said", encoding: .utf8)) ?? ""
        // The provider, the ingress and two workers.
        #expect(result.output == "ended with 1\n4 processes\n", "\(result.errors) \(said)")
        #expect(said.contains("interrupted"))
        try await Self.expectNothing(in: folder)
    }

    @Test(
        "refuses what it cannot measure",
        arguments: [["--streams", "0"], ["--tokens", "0"], ["--gap", "20000"], ["--tokens", "10000", "--gap", "61"]])
    func misuse(words: [String]) async throws {
        let result = try await Program.run(["bench", "streams"] + words, environment: UpStack.bareEnvironment)
        #expect(result.status == 64 && result.errors.contains("takes"), "\(result.errors)")
    }
}

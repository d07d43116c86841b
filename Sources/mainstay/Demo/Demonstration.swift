import AsyncHTTPClient
import Foundation
import Inference

/// Sends work of all four kinds through a running stack, with progress, and shows what came out of PostgreSQL.
struct Demonstration: Sendable {
    let settings: Settings
    var tickets = 100

    func run() async throws {
        let client = APIClient(settings: settings)
        let input = try DemoInput.find(tickets: tickets)
        Talk.say("\nA demonstration, with \(input.source)")
        try await showTickets(client, input)
        let agent = try await showFork(client, input)
        try await showInference(client, agent)
        try await showBuildProfile(client)
    }

    private func heading(_ text: String) { Talk.say("\n── \(text) " + String(repeating: "─", count: max(0, 68 - text.count))) }

    // MARK: Tickets

    private func showTickets(_ client: APIClient, _ input: DemoInput) async throws {
        heading("1  support tickets")
        let started = ContinuousClock.now
        let ids = try await withThrowingTaskGroup(of: UUID.self) { group in
            var ids: [UUID] = []
            // Sixteen at a time: enough for the ingress to gather them into group commits.
            for (number, body) in input.tickets.enumerated() {
                if number >= 16, let id = try await group.next() { ids.append(id) }
                group.addTask {
                    let key = "demo-\(StableDigest.text(String(decoding: body, as: UTF8.self)))"
                    let accepted = try APIClient.decoder.decode(
                        AcceptedJob.self, from: try await client.raw(.post, "/v1/tickets", body: body, idempotencyKey: key))
                    return accepted.id
                }
                if (number + 1) % 25 == 0 { Talk.say("   \(number + 1) of \(input.tickets.count) sent") }
            }
            for try await id in group { ids.append(id) }
            return ids
        }
        for id in Set(ids) { _ = try await expectDone(id, client, "a ticket") }
        let seconds = (ContinuousClock.now - started).inSecondsText
        Talk.say("   \(Set(ids).count) tickets accepted, stored and given their clocks in \(seconds) s (a second run makes none)")
        if let one = ids.last {
            let ticket =
                try JSONSerialization.jsonObject(with: try await client.raw(.get, "/v1/tickets/\(one.uuidString.lowercased())")) as? [String: Any]
            Talk.say("   \(ticket?["subject"] as? String ?? "")")
            for clock in ticket?["clocks"] as? [[String: Any]] ?? [] {
                Talk.say("     \(clock["metric"] as? String ?? "?"): \(clock["state"] as? String ?? "?"), due \(clock["due_at"] as? String ?? "?")")
            }
        }
        Talk.say("   look: \(client.url)/v1/tickets   mainstay report sla-compliance")
    }

    // MARK: Forks

    private struct Imported: Decodable {
        let id: String
        let owner: String
        let name: String
    }

    /// - Returns: `owner/name` of a published agent.
    private func showFork(_ client: APIClient, _ input: DemoInput) async throws -> String? {
        heading("2  agents and a fork")
        var published: [String] = []
        for path in input.characters {
            guard let file = FileManager.default.contents(atPath: path) else { continue }
            let label = URL(fileURLWithPath: path).lastPathComponent
            do {
                let key = "demo-\(StableDigest.text(String(decoding: file, as: UTF8.self)))"
                let agent = try APIClient.decoder.decode(
                    Imported.self, from: try await client.raw(.post, "/v1/agents", body: file, idempotencyKey: key))
                _ = try await client.raw(.post, "/v1/agents/\(agent.id)/publish", body: Data("{}".utf8))
                published.append("\(agent.owner)/\(agent.name)")
                Talk.say("   \(label) → \(agent.owner)/\(agent.name), published")
            } catch let error as APIClient.Failure {
                Talk.say("   \(label): \(error)")
            }
        }
        guard let original = published.first else {
            Talk.say("   no agent could be published, so none is forked")
            return nil
        }
        let started = ContinuousClock.now
        let accepted: AcceptedJob = try await client.call(
            .post, "/v1/agents/\(original)/forks", body: [String: String](), idempotencyKey: UUID().uuidString)
        _ = try await expectDone(accepted.id, client, "the fork")
        let fork =
            try JSONSerialization.jsonObject(
                with: try await client.raw(.get, "/v1/agents/\(accepted.id.uuidString.lowercased())")) as? [String: Any]
        let source = fork?["forked_from"] as? [String: Any]
        Talk.say(
            "   forked \(original) as \(fork?["name"] as? String ?? "?") in \((ContinuousClock.now - started).inSecondsText) s: "
                + "\(fork?["visibility"] as? String ?? "?"), from version \(source?["version"] ?? "?")")
        Talk.say("   look: \(client.url)/v1/agents/\(original)   mainstay agent list   mainstay report fork-activity")
        return original
    }

    // MARK: Inference

    private func showInference(_ client: APIClient, _ agent: String?) async throws {
        heading("3  streaming inference")
        var request: [String: Any] = ["messages": [["role": "user", "content": "In one sentence: what are you for?"]]]
        request["agent"] = agent
        let accepted = try APIClient.decoder.decode(
            AcceptedJob.self,
            from: try await client.raw(
                .post, "/v1/runs", body: try JSONSerialization.data(withJSONObject: request), idempotencyKey: UUID().uuidString))
        let run = accepted.id.uuidString.lowercased()
        let started = ContinuousClock.now
        var first: Duration?
        var pieces = 0
        var ending = ""
        FileHandle.standardError.write(Data("   ".utf8))
        try await RunStream(client: client, run: run).follow { event in
            if case .chunk(let chunk) = event, chunk.channel == .text {
                first = first ?? ContinuousClock.now - started
                pieces += 1
                FileHandle.standardError.write(Data(chunk.text.replacing("\n", with: "\n   ").utf8))
            }
            if event.isTerminal { ending = event.type }
        }
        Talk.say(
            "\n   \(ending): \(pieces) pieces, the first after \(first?.inSecondsText ?? "–") s, all of them in \((ContinuousClock.now - started).inSecondsText) s"
        )
        Talk.say("   look: \(client.url)/v1/runs/\(run)   mainstay report run-latency")
    }

    // MARK: Build profiles

    private func showBuildProfile(_ client: APIClient) async throws {
        heading("4  a build's memory")
        let program = try UpStart.program()
        let script =
            "import subprocess,sys; c='x=bytearray(%d<<20); import time; time.sleep(0.6)'; p=[subprocess.Popen([sys.executable,'-c',c%n]) for n in (20,40,60)]; [q.wait() for q in p]"
        var environment = ProcessInfo.processInfo.environment
        environment["MAINSTAY_URL"] = client.url
        environment["MAINSTAY_TOKEN"] = client.token
        // Through the command line, as CI does it: the same program measures a small tree of processes.
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["profile", "--step", "demo", "--", "python3", "-c", script]
        process.environment = environment
        process.standardOutput = FileHandle.standardError
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        Talk.say("   look: \(client.url)/v1/build-profiles   mainstay report build-memory")
    }

    private func expectDone(_ id: UUID, _ client: APIClient, _ what: String) async throws -> JobAnswer {
        let answer = try await JobAnswer.awaitOutcome(id, client: client)
        guard answer.state == "done" else {
            throw UpFault("\(what) (job \(id.uuidString.lowercased())) is \(answer.state): \(answer.error ?? "no error is known")")
        }
        return answer
    }
}

extension Duration {
    /// Seconds with two decimals.
    var inSecondsText: String {
        String(format: "%.2f", Double(components.seconds) + Double(components.attoseconds) * 1e-18)
    }
}

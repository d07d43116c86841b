import AsyncHTTPClient
import Foundation
import Inference

/// Sends work of all four kinds through a running stack, with progress, and shows what came out of PostgreSQL.
struct Demonstration: Sendable {
    let settings: Settings
    var tickets = 100
    /// Whether the stack is a private one, whose plugin registry may be filled. Of any other that is its operator's to do: what was imported
    /// first decides since when plugins are known.
    var fillsRegistry = false

    /// - Throws: `UpFault` that names the part which failed.
    func run() async throws {
        let client = APIClient(settings: settings)
        let input = try DemoInput.find(tickets: tickets)
        Talk.say("\nA demonstration, with \(input.source)")
        try await part("1  support tickets") { try await showTickets(client, input) }
        let published = try await part("2  agents and a fork") { try await showFork(client, input) }
        try await part("3  streaming inference") { try await showInference(client, input.question(for: published)) }
        try await part("4  a build's memory") { try await DemoProfile(client: client).show() }
    }

    private func part<R>(_ title: String, _ body: () async throws -> R) async throws -> R {
        Talk.say("\n── \(title) " + String(repeating: "─", count: max(0, 68 - title.count)))
        do {
            return try await body()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw UpFault("The demonstration failed at “\(title)”: \(error)")
        }
    }

    // MARK: Tickets

    private func showTickets(_ client: APIClient, _ input: DemoInput) async throws {
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
        for id in Set(ids) { try await JobAnswer.expectDone(id, client, "a ticket") }
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

    /// - Returns: `owner/name` of the published agents.
    private func showFork(_ client: APIClient, _ input: DemoInput) async throws -> [String] {
        // Before anything is published: the advice is part of what is answered.
        if fillsRegistry {
            let said = try await DemoPlugins(settings: settings, files: input.plugins).fill()
            Talk.say("   \(said)")
        }
        var published: [String] = []
        for path in input.characters {
            guard let file = FileManager.default.contents(atPath: path) else { continue }
            let label = URL(fileURLWithPath: path).lastPathComponent
            do {
                let key = "demo-\(StableDigest.text(String(decoding: file, as: UTF8.self)))"
                let agent = try APIClient.decoder.decode(
                    Imported.self, from: try await client.raw(.post, "/v1/agents", body: file, idempotencyKey: key))
                let publication = try APIClient.decoder.decode(
                    PublishedItem.self, from: try await client.raw(.post, "/v1/agents/\(agent.id)/publish", body: Data("{}".utf8)))
                published.append("\(agent.owner)/\(agent.name)")
                Talk.say("   \(label) → \(agent.owner)/\(agent.name), published")
                for warning in publication.warnings { Talk.say("     \(warning)") }
            } catch let error as APIClient.Failure {
                Talk.say("   \(label): \(error)")
            }
        }
        guard let original = published.first else {
            Talk.say("   no agent could be published, so none is forked")
            return []
        }
        let started = ContinuousClock.now
        let accepted: AcceptedJob = try await client.call(
            .post, "/v1/agents/\(original)/forks", body: [String: String](), idempotencyKey: UUID().uuidString)
        try await JobAnswer.expectDone(accepted.id, client, "the fork")
        let fork =
            try JSONSerialization.jsonObject(
                with: try await client.raw(.get, "/v1/agents/\(accepted.id.uuidString.lowercased())")) as? [String: Any]
        let source = fork?["forked_from"] as? [String: Any]
        Talk.say(
            "   forked \(original) as \(fork?["name"] as? String ?? "?") in \((ContinuousClock.now - started).inSecondsText) s: "
                + "\(fork?["visibility"] as? String ?? "?"), from version \(source?["version"] ?? "?")")
        Talk.say("   look: \(client.url)/v1/agents/\(original)   mainstay agent list   mainstay report fork-activity")
        return published
    }

    // MARK: Inference

    private func showInference(_ client: APIClient, _ question: (agent: String?, prompt: String)) async throws {
        Talk.say("   to \(question.agent ?? "the model"): \(question.prompt)")
        var request: [String: Any] = ["messages": [["role": "user", "content": question.prompt]]]
        request["agent"] = question.agent
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
        // The stream's end is told a moment before the row says it.
        _ = try await JobAnswer.awaitOutcome(accepted.id, client: client)
        let stored = try APIClient.decoder.decode(StoredRun.self, from: try await client.raw(.get, "/v1/runs/\(run)"))
        Talk.say("   stored: \(stored)")
        guard stored.state == "completed" else { throw UpFault("the run \(run) is \(stored.state)") }
        Talk.say("   look: \(client.url)/v1/runs/\(run)   mainstay report run-latency")
    }

    /// What PostgreSQL holds of a run.
    private struct StoredRun: Decodable, CustomStringConvertible {
        struct Usage: Decodable {
            let input: Int?
            let output: Int?

            enum CodingKeys: String, CodingKey {
                case input = "input_tokens"
                case output = "output_tokens"
            }
        }

        let state: String
        let model: String?
        let attempts: Int
        let usage: Usage?
        let firstToken: Double?

        enum CodingKeys: String, CodingKey {
            case state, model, attempts, usage
            case firstToken = "ttft_ms"
        }

        var description: String {
            let tokens = "\(usage?.input.map(String.init) ?? "?") tokens in, \(usage?.output.map(String.init) ?? "?") out"
            let wait = firstToken.map { String(format: "%.2f s", $0 / 1000) } ?? "?"
            return "\(state) by \(model ?? "?"), \(tokens), first token \(wait) after acceptance, attempts \(attempts)"
        }
    }
}

extension Duration {
    /// Seconds with two decimals.
    var inSecondsText: String {
        String(format: "%.2f", Double(components.seconds) + Double(components.attoseconds) * 1e-18)
    }
}

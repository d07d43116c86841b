import Foundation

/// What the demonstration sends: the real files that MAINSTAY_DATA names, or the samples that lie beside the sources.
struct DemoInput: Sendable {
    /// Paths of character files.
    let characters: [String]
    /// Bodies of `POST /v1/tickets`.
    let tickets: [Data]
    /// What to ask, of whom. There may be none.
    let prompts: [Prompt]
    /// Where they are from, for people.
    let source: String
    /// Paths of plugin registry files. There may be none.
    var plugins: [String] = []

    /// A line of `prompts.ndjson`.
    struct Prompt: Sendable, Equatable, Decodable {
        /// The agent's name, without its owner.
        let agent: String
        let prompt: String
    }

    static func find(tickets limit: Int) throws -> DemoInput {
        if let folder = ProcessInfo.processInfo.environment["MAINSTAY_DATA"], !folder.isEmpty {
            return DemoInput(
                characters: files(in: "\(folder)/characters"), tickets: try issues("\(folder)/tickets/elizaos-issues.ndjson", limit: limit),
                prompts: try prompts(in: folder), source: "\(folder) (real files)",
                plugins: files(in: "\(folder)/plugins").filter { $0.hasSuffix(".json") })
        }
        guard let samples = samplesFolder() else {
            throw UpFault("the samples are not found: run it from the checkout, or name a folder of data with MAINSTAY_DATA")
        }
        return DemoInput(
            characters: files(in: "\(samples)/agents"),
            tickets: try NDJSON.lines(ofFile: "\(samples)/tickets.ndjson").prefix(limit).map(\.bytes), prompts: try prompts(in: samples),
            source: samples, plugins: ["\(samples)/plugins.json"])
    }

    /// A question and one of the published agents (`owner/name`) to ask it of: a pair of the input where there is one.
    func question(for published: [String]) -> (agent: String?, prompt: String) {
        for prompt in prompts {
            if let agent = published.first(where: { $0.hasSuffix("/\(prompt.agent)") }) { return (agent, prompt.prompt) }
        }
        return (published.first, "In one sentence: what are you for?")
    }

    /// An input folder need not have any.
    private static func prompts(in folder: String) throws -> [Prompt] {
        let path = "\(folder)/prompts.ndjson"
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try NDJSON.lines(ofFile: path).map { try JSONDecoder().decode(Prompt.self, from: $0.bytes) }
    }

    /// `ops/samples` here, or above the program (`.build/release/mainstay` lies in the checkout).
    private static func samplesFolder() -> String? {
        var places = [FileManager.default.currentDirectoryPath]
        if let program = try? UpStart.program() {
            var url = URL(fileURLWithPath: program)
            for _ in 0..<6 {
                url.deleteLastPathComponent()
                places.append(url.path)
            }
        }
        return places.map { "\($0)/ops/samples" }.first { FileManager.default.fileExists(atPath: $0 + "/tickets.ndjson") }
    }

    private static func files(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted().filter { !$0.hasPrefix(".") }.map { "\(folder)/\($0)" }
    }

    private struct Issue: Decodable {
        let title: String
        let number: Int?
        let labels: [String]?
    }

    /// Issues as tickets: their bodies were left out of the data, so the labels stand in.
    private static func issues(_ path: String, limit: Int) throws -> [Data] {
        try NDJSON.lines(ofFile: path).prefix(limit).map { line in
            let issue = try JSONDecoder().decode(Issue.self, from: line.bytes)
            let labels = (issue.labels ?? []).joined(separator: ", ")
            let ticket = [
                "subject": String(issue.title.prefix(200)), "body": labels.isEmpty ? "(reported without labels)" : "Labels: \(labels)",
                "priority": labels.contains("bug") ? "high" : "normal",
            ]
            return try JSONSerialization.data(withJSONObject: ticket, options: .sortedKeys)
        }
    }
}

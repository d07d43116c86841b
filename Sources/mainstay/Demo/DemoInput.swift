import Foundation

/// What the demonstration sends: the real files that MAINSTAY_DATA names, or the samples that lie beside the sources.
struct DemoInput: Sendable {
    /// Paths of character files.
    let characters: [String]
    /// Bodies of `POST /v1/tickets`.
    let tickets: [Data]
    /// Where they are from, for people.
    let source: String

    static func find(tickets limit: Int) throws -> DemoInput {
        if let folder = ProcessInfo.processInfo.environment["MAINSTAY_DATA"], !folder.isEmpty {
            return DemoInput(
                characters: files(in: "\(folder)/characters"), tickets: try issues("\(folder)/tickets/elizaos-issues.ndjson", limit: limit),
                source: "\(folder) (real files)")
        }
        guard let samples = samplesFolder() else {
            throw UpFault("the samples are not found: run it from the checkout, or name a folder of data with MAINSTAY_DATA")
        }
        let lines = try String(contentsOfFile: "\(samples)/tickets.ndjson", encoding: .utf8).split(separator: "\n").prefix(limit)
        return DemoInput(characters: files(in: "\(samples)/agents"), tickets: lines.map { Data($0.utf8) }, source: samples)
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
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").prefix(limit).map { line in
            let issue = try JSONDecoder().decode(Issue.self, from: Data(line.utf8))
            let labels = (issue.labels ?? []).joined(separator: ", ")
            let ticket = [
                "subject": String(issue.title.prefix(200)), "body": labels.isEmpty ? "(reported without labels)" : "Labels: \(labels)",
                "priority": labels.contains("bug") ? "high" : "normal",
            ]
            return try JSONSerialization.data(withJSONObject: ticket, options: .sortedKeys)
        }
    }
}

import Foundation

/// Character files that tests read: our own, which are always there, and real ones where `MAINSTAY_DATA` names a folder.
enum AgentSamples {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "ops/samples/agents")

    /// Every character file at hand, by path.
    static let files: [String] = {
        var folders = [folder]
        if let data = ProcessInfo.processInfo.environment["MAINSTAY_DATA"] { folders.append(URL(filePath: data).appending(path: "characters")) }
        return folders.flatMap { folder in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
            return names.filter { !$0.hasPrefix(".") }.sorted().map { folder.appending(path: $0).path() }
        }
    }()

    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: path)))
    }

    /// One of our own, by file name.
    static func own(_ name: String) throws -> [UInt8] {
        try bytes(folder.appending(path: name).path())
    }
}

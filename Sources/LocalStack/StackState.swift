#if canImport(Darwin)
import Foundation
#else
import FoundationEssentials
#endif

/// What a stack remembers between two starts: `state.json`, mode 600.
struct StackState: Sendable, Equatable, Codable {
    /// Of this file's form.
    var version = 1
    var passwords: Passwords
    var ports: [Server: Int] = [:]

    /// Nil when there is no file; an unreadable one is an error, since new passwords would not fit the data beside it.
    static func load(from folder: StackFolder) throws -> StackState? {
        guard FileManager.default.fileExists(atPath: folder.state) else { return nil }
        guard let text = folder.read(folder.state) else {
            throw StackFolder.unusable(folder.state, "Permission denied")
        }
        do {
            return try JSONDecoder().decode(StackState.self, from: Data(text.utf8))
        } catch {
            throw LocalStackError(
                .unusableFolder, "\(folder.state) is damaged: \(error)",
                remedy: "Restore it, or remove the stack with its data (`ops/down --wipe`) and start again.")
        }
    }

    func save(to folder: StackFolder) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try folder.write(String(decoding: encoder.encode(self), as: UTF8.self) + "\n", to: folder.state)
    }
}

import ArgumentParser
import Foundation
import Logging
import Postgres
import Workspaces

extension PluginsCommand {
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bring the database to what a plugin registry says.",
            discussion: """
                Takes an index (`name: "github:owner/repository"`), the full form (`generated-registry.json`), or both: together they are one
                registry. Plugins that have left it are marked as gone and stay. A bad entry is left out and named. All of it is one
                transaction, and the same registry again changes nothing.

                To bring in the history of a registry, import its versions one by one, the oldest first: the dates at which releases appear
                say when a plugin was updated.

                EXIT CODES
                  0 imported   1 nothing was imported   2 imported, but for entries that were refused   64 misuse
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "Registry files, or a folder of them; without any, the folder `plugins` of MAINSTAY_DATA.") var files: [String] = []
        @Flag(help: "Say what would be done, and do nothing.") var dryRun = false
        @Flag(help: "Import a registry that is older than the last one, or that more than half of the plugins have left.") var yes = false

        func run() async throws {
            let paths = try PluginFiles.paths(files, environment: ProcessInfo.processInfo.environment)
            let snapshot = try PluginRegistrySnapshot(try paths.map(PluginFiles.read))
            Talk.say("read \(snapshot.count) plugins from \(paths.joined(separator: ", "))")
            let summary = try await importing(snapshot)
            output.print(PluginImportReport.table(summary, isShort: output.chosen == .table))
            for sentence in PluginImportReport.sentences(summary) { Talk.say(sentence) }
            if !summary.refused.isEmpty { throw ExitCode.found }
        }

        private func importing(_ snapshot: PluginRegistrySnapshot) async throws -> PluginImportSummary {
            let settings = try await settings.load()
            var logger = Logger(label: "mainstay.plugins")
            logger.logLevel = .error
            do {
                return try await PostgresPool.with(try settings.postgres(for: "plugins import"), logger: logger) { pool in
                    try await PluginImporter(pool: pool).run(snapshot, insists: yes, isDryRun: dryRun, by: .commandLine) { progress in
                        switch progress {
                        case .compared(let known): Talk.say("compared with the \(known) that are known")
                        case .written(let done, let all): Talk.say("written \(done) of \(all)")
                        }
                    }
                }
            } catch let refusal as PluginImporter.Refusal {
                for objection in refusal.objections { Talk.say("not imported: \(objection)") }
                Talk.say("--yes imports it all the same; --dry-run shows what that would do.")
                throw ExitCode.failure
            }
        }
    }
}

/// Registry files on disk.
enum PluginFiles {
    /// Bytes of a file: the largest registry that is known has 200 kB.
    static let limit = 32 * 1024 * 1024

    /// A file that cannot be read at all.
    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    /// The files themselves, and the JSON files directly inside of folders, by name.
    static func paths(_ given: [String], environment: [String: String]) throws -> [String] {
        var places = given
        if places.isEmpty, let data = environment["MAINSTAY_DATA"], !data.isEmpty { places = ["\(data)/plugins"] }
        guard !places.isEmpty else { throw ValidationError("name the registry's files") }
        let paths = places.flatMap { path -> [String] in
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else { return [path] }
            let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            return names.filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }.sorted().map {
                path.hasSuffix("/") ? path + $0 : "\(path)/\($0)"
            }
        }
        guard !paths.isEmpty else { throw Unreadable(description: "there is no JSON file in \(places.joined(separator: ", "))") }
        return paths
    }

    /// - Throws: ``Unreadable``, `PluginRegistryError`.
    static func read(_ path: String) throws -> PluginRegistryFile {
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            data = try handle.read(upToCount: limit + 1) ?? Data()
        } catch {
            let reason = FileManager.default.fileExists(atPath: path) ? "cannot be read" : "there is no such file"
            throw Unreadable(description: "\(path): \(reason)")
        }
        guard data.count <= limit else { throw Unreadable(description: "\(path): is larger than \(limit / 1024 / 1024) MiB") }
        return try PluginRegistryFile(Array(data), named: URL(fileURLWithPath: path).lastPathComponent)
    }
}

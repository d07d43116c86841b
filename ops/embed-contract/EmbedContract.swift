import Foundation
import PackagePlugin

/// Turns the published contracts, `ops/contract/*.json`, into one Swift file of a target at build time: what the program serves is the
/// very text that people read there and that the tests hold the program against. Why so and not as resources: see EmbedSQL.
@main
struct EmbedContract: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let folder = context.package.directoryURL.appending(path: "ops/contract")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".json") }
            .sorted()
            .map { folder.appending(path: $0) }
        let script = context.package.directoryURL.appending(path: "ops/embed-sql/embed.sh")
        let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedContracts.swift")
        return [
            .buildCommand(
                displayName: "Embedding \(files.count) contracts",
                executable: URL(filePath: "/bin/sh"),
                arguments: [script.path, output.path, "EmbeddedContracts", folder.path] + files.map(\.path),
                inputFiles: [script] + files,
                outputFiles: [output])
        ]
    }
}

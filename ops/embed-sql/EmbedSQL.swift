import Foundation
import PackagePlugin

/// Turns every .sql file of a target into one Swift file at build time.
///
/// Why not resources beside the binary: `Bundle.module` stops the program when the folder was not installed with it, and
/// `mainstay` is copied about (images, /usr/local/bin). Why not `.embedInCode`: it writes each file as an array of numbers,
/// which compiles slowly, and gives no list of files. Why not a generated file in git: it would have to be made anew, by hand,
/// with each change of a migration.
@main
struct EmbedSQL: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let folder = target.directoryURL
        let files = (FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects ?? [])
            .compactMap { $0 as? URL }
            .filter { $0.pathExtension == "sql" }
            .sorted { $0.path < $1.path }
        let script = context.package.directoryURL.appending(path: "ops/embed-sql/embed.sh")
        let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedSQL.swift")
        return [
            .buildCommand(
                displayName: "Embedding \(files.count) SQL files",
                executable: URL(filePath: "/bin/sh"),
                arguments: [script.path, output.path, "EmbeddedSQL", folder.path] + files.map(\.path),
                inputFiles: [script] + files,
                outputFiles: [output])
        ]
    }
}

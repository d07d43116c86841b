import ArgumentParser
import Foundation

/// The form in which a command prints what it found.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case table
    case json
    case csv
}

/// Shared by every command that prints a table.
struct OutputOptions: ParsableArguments {
    @Option(name: .long, help: "How to print: table, json (with a version) or csv.")
    var format: OutputFormat = .table

    @Flag(name: .long, help: "The same as --format json.")
    var json = false

    var chosen: OutputFormat { json ? .json : format }

    func print(_ table: Table) {
        switch chosen {
        case .table: Swift.print(table.text)
        case .json: Swift.print(table.json)
        case .csv: Swift.print(table.csv)
        }
    }
}

/// Shared by every command that reads settings.
struct SettingsOptions: ParsableArguments {
    @Option(name: .long, help: "A YAML file with settings; MAINSTAY_* variables win over it.")
    var config: String?

    func load() async throws -> Settings { try await Settings.load(file: config) }
}

/// Shared by the processes that `mainstay up` and `mainstay bench streams` keep.
struct StackMark: ParsableArguments {
    // Nothing reads it: it is there to be read by others.
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The folder of the stack that this process belongs to. It changes nothing: it is there to be seen in process lists.",
            valueName: "folder", visibility: .hidden))
    var stack: String?
}

/// Talk goes to standard error, data to standard output.
enum Talk {
    static func say(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}

/// The exit codes of every command, each with its meaning.
extension ExitCode {
    /// Something was found that should not be (`doctor`, `verify`).
    static let found = ExitCode(2)
}

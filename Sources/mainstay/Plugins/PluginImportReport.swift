import Foundation
import Workspaces

/// What an import did, for people and for programs.
enum PluginImportReport {
    /// Names that a person's table shows of each result.
    private static let shown = 5

    /// One row a result. JSON has every plugin, a table for people the first few.
    static func table(_ summary: PluginImportSummary, isShort: Bool) -> Table {
        var table = Table([
            .init(title: "result"), .init(title: "count", kind: .number), .init(title: "plugins", kind: isShort ? .text : .json),
        ])
        func row(_ result: String, _ count: Int, _ names: [String], _ document: @autoclosure () -> String?) {
            table.rows.append([result, String(count), isShort ? short(names) : document()])
        }
        row("added", summary.added.count, summary.added, json(summary.added))
        let changes = summary.changed.map { "\($0.name) (\($0.fields.joined(separator: ", ")))" }
        row("changed", summary.changed.count, changes, json(summary.changed.map { Changed(name: $0.name, fields: $0.fields) }))
        row("unchanged", summary.unchanged, [], nil)
        row("gone", summary.gone.count, summary.gone, json(summary.gone))
        row("refused", summary.refused.count, summary.refused.map { "\($0.pointer)" }, json(summary.refused.map(Fault.init)))
        row("ignored", summary.ignored.count, summary.ignored.map { "\($0.pointer)" }, json(summary.ignored.map(Fault.init)))
        return table
    }

    /// What a person is told besides the table.
    static func sentences(_ summary: PluginImportSummary) -> [String] {
        var sentences = summary.refused.map { "refused: \($0)" } + summary.ignored.map { "ignored: \($0)" }
        for objection in summary.objections {
            sentences.append(summary.isDryRun ? "it would not be imported without --yes: \(objection)" : "imported in spite of it: \(objection)")
        }
        if summary.isDryRun { sentences.append("Nothing was changed.") }
        return sentences
    }

    private struct Changed: Encodable {
        let name: String
        let fields: [String]
    }

    private struct Fault: Encodable {
        let file: String
        let pointer: String
        let detail: String

        init(_ fault: PluginRegistryFault) {
            file = fault.file
            pointer = fault.pointer.description
            detail = fault.detail
        }
    }

    private static func short(_ names: [String]) -> String? {
        guard !names.isEmpty else { return nil }
        let more = names.count - shown
        return names.prefix(shown).joined(separator: ", ") + (more > 0 ? ", and \(more) more" : "")
    }

    private static func json(_ value: some Encodable) -> String? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) }
    }
}

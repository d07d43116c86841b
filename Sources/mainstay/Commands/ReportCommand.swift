import ArgumentParser
import Foundation
import Logging
import Postgres
import Schema

/// `mainstay report`: answers from the reporting views.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Run a report of sql/reports as the read-only reporting role.",
        discussion: """
            Without a name it lists the reports.

            EXAMPLES
              mainstay report
              mainstay report sla-compliance
              mainstay report queue-health --format csv > queues.csv
            """)

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "The report's name.") var name: String?
    @Flag(help: "Leave out the report's rule above the table.") var bare = false

    func run() async throws {
        guard let name else {
            var table = Table("report", "title")
            for report in Report.all { table.rows.append([report.name, report.title]) }
            return output.print(table)
        }
        guard let report = Report.named(name) else {
            throw ValidationError("there is no report \"\(name)\"; there are \(Report.all.map(\.name).joined(separator: ", "))")
        }
        let settings = try await settings.load()
        var logger = Logger(label: "mainstay.report")
        logger.logLevel = .error
        let result = try await PostgresPool.with(try settings.postgres("reporting.url", for: "report"), logger: logger) {
            try await report.run(in: $0)
        }
        var table = Table(result.columns.map { .init(title: $0.name, kind: .init($0.kind)) })
        table.rows = result.rows
        if output.chosen == .table, !bare { Talk.say("\(report.title)\n\(report.about)\n") }
        output.print(table)
    }
}

extension Table.Column.Kind {
    init(_ kind: ReportTable.Column.Kind) {
        self =
            switch kind {
            case .number: .number
            case .boolean: .boolean
            case .json: .json
            case .text: .text
            }
    }
}

import ArgumentParser
import Foundation

/// `mainstay doctor`: what it found, and what is unsafe.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at settings, stores and queues, and say what is unsafe.",
        discussion: """
            EXAMPLES
              mainstay doctor
              mainstay doctor --json

            EXIT CODES
              0 all is well, but for what is a notice   2 something is wrong or unsafe
            """)

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = try await settings.load()
        var examination = Examination()
        await examination.look(at: settings)
        var table = Table("what", "found", "verdict", "what to do")
        for finding in examination.findings { table.rows.append([finding.what, finding.found, finding.verdict.rawValue, finding.remedy]) }
        output.print(table)
        if examination.findings.contains(where: \.isFault) { throw ExitCode.found }
    }
}

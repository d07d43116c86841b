import ArgumentParser
import Foundation

/// `mainstay demo`: real input through all four kinds.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Send work of all four kinds through a running stack, and show what came out of PostgreSQL.",
        discussion: """
            With MAINSTAY_DATA it takes the real character files and issues there; otherwise the samples in ops/samples. Running it
            again makes no second ticket or agent of the same input.

            EXAMPLES
              mainstay demo
              MAINSTAY_DATA=/path/to/data mainstay demo --tickets 200
            """)

    @OptionGroup var settings: SettingsOptions
    @Option(help: "How many tickets at the most.") var tickets = 100

    func run() async throws {
        try await Demonstration(settings: try await settings.load(), tickets: tickets).run()
    }
}

import ArgumentParser
import Foundation

/// `mainstay demo`: real input through all four kinds.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Send work of all four kinds through a running stack, and show what came out of PostgreSQL.",
        discussion: """
            With MAINSTAY_DATA it takes the real character files, issues and prompts there; otherwise the samples in ops/samples.
            Running it again makes no second ticket or agent of the same input. It ends at the first part that fails.

            EXAMPLES
              mainstay demo
              MAINSTAY_DATA=/path/to/data mainstay demo --tickets 200

            EXIT CODES
              0 all four parts came to their end   1 one failed, and which is told
            """)

    @OptionGroup var settings: SettingsOptions
    @Option(help: "How many tickets at the most.") var tickets = 100

    func validate() throws {
        guard (1...100_000).contains(tickets) else { throw ValidationError("--tickets takes 1 to 100000") }
    }

    func run() async throws {
        try await Demonstration(settings: try await settings.load(), tickets: tickets).run()
    }
}

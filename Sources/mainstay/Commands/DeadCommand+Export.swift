import ArgumentParser
import Foundation
import Jobs

extension DeadCommand {
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a dead letter as a test's fixture, without its secrets.",
            discussion: """
                Secrets and personal data become placeholders of the same type and about the same length: texts under names such as \
                `password`, `api_key` or `requester`, whatever is shaped like a token, e-mail addresses, wallets. What somebody wrote into prose \
                is found by no rule: read the file before you keep it.

                A test reads it with `DeadLetterFixture(json:)`, and hands it to a handler with `handle(by:workspace:in:)` or to a queue with \
                `accept(as:by:workspace:)`.
                """)
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The job's id.") var id: String
        @Option(help: "The file to write; standard output without it.") var output: String?

        func run() async throws {
            let (data, count) = try await DeadCommand.withLetter(id, settings) { letter, _ in
                var redaction = Redaction()
                let fixture = DeadLetterFixture(letter, redaction: &redaction)
                return (try fixture.json(), redaction.count)
            }
            if let output {
                try data.write(to: URL(fileURLWithPath: output), options: .atomic)
            } else {
                print(String(decoding: data, as: UTF8.self))
            }
            Talk.say("\(count) secrets were replaced. Names in prose are found by no rule: read it before you keep it.")
        }
    }
}

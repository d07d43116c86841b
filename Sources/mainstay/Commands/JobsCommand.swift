import ArgumentParser
import Foundation

/// `mainstay jobs`: what became of a job.
struct JobsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "Tell what became of a job, wait for it, cancel it.",
        discussion: """
            EXAMPLES
              mainstay jobs show 019ab3…
              mainstay jobs wait 019ab3… --timeout 60
              mainstay jobs cancel 019ab3…
            """,
        subcommands: [Show.self, Wait.self, Cancel.self])

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask for the end of a job. One that is done by the time its worker hears of it stays done.",
            discussion: "What the installation owes to its users, escalations and notices, cannot be cancelled: that is refused. Exit code 1 then.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The job's id.") var id: String

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let answer: JobAnswer = try await client.call(.post, "/v1/jobs/\(try PathWord.checked(id))/cancel")
            let isOver = ["done", "dead", "cancelled"].contains(answer.state)
            print(isOver ? "nothing to cancel: it is \(answer.state)" : "asked for; `mainstay jobs wait \(id)` tells how it ends")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The state of a job now, as JSON.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The job's id.") var id: String

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            print(try PrettyJSON.text(try await client.raw(.get, "/v1/jobs/\(try PathWord.checked(id))")))
        }
    }

    struct Wait: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Wait for a job's outcome. Exit code 0: done; 1: dead or cancelled, or not finished in time.")
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The job's id.") var id: String
        @Option(help: "Seconds to wait at the most.") var timeout: Int = 120

        func validate() throws {
            guard (0...86_400).contains(timeout) else { throw ValidationError("--timeout takes 0 to 86400 seconds") }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            guard let job = UUID(uuidString: id) else { throw ValidationError("\"\(id)\" is no job id") }
            let answer = try await JobAnswer.awaitOutcome(job, client: client, within: .seconds(timeout))
            print(answer.state)
            if let error = answer.error { Talk.say(error) }
            if answer.state != "done" { throw ExitCode.failure }
        }
    }
}

import ArgumentParser
import BuildMemory
import Foundation

/// `mainstay profile`: what a command took of memory, all of its processes together.
struct ProfileCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile",
        abstract: "Run a command and measure the memory of its whole process tree.",
        discussion: """
            The command keeps its input, output, terminal and exit code; the table goes to standard error. The profile is submitted when
            MAINSTAY_TOKEN is set. Secrets in command lines are starred out where they are written in one of the usual ways; that is a net,
            not a promise.

            EXAMPLES
              mainstay profile -- swift build
              mainstay profile --step test --cache warm --label branch=main --tool swift=6.3.1 -- swift test
              mainstay profile --no-submit --json profile.json -- make -j8
              mainstay profile submit profile.json
              mainstay profile compare before.json after.json --json

            EXIT CODES
              the command's own; 128 + signal when it was killed; 127 when it was not found, 126 when it cannot be run,
              125 when measuring itself failed, as on a system without /proc
            """,
        subcommands: [Run.self, Submit.self, Compare.self], defaultSubcommand: Run.self)

    /// What `mainstay profile -- COMMAND` is short for.
    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "run", abstract: "Run a command and measure it (the default).", usage: "mainstay profile [<options>] -- <command> ...")

        @OptionGroup var client: ProfileClientOptions
        @OptionGroup var look: ProfileLookOptions
        @Option(help: "The step of the pipeline that this is, as build or test. Series are made per step.") var step: String?
        @Option(help: ArgumentHelp("A label, as branch=main. May be repeated.", valueName: "key=value")) var label: [NamedText] = []
        @Option(help: ArgumentHelp("A tool's version, as swift=6.3.1. May be repeated.", valueName: "name=version")) var tool: [NamedText] = []
        @Option(help: "Whether the build finds the products of an earlier one: cold or warm.") var cache: CacheState?
        @Option(help: "The class of runner; made from system, cores and memory when it is not given.") var runner: String?
        @Option(help: ArgumentHelp("Percent of one core that sampling may cost.", valueName: "percent"))
        var budget: Double = ProfileOptions.defaultBudget * 100
        @Option(help: ArgumentHelp("Write the profile as JSON, - for standard output.", valueName: "file")) var json: String?
        @Flag(help: "Do not submit the profile.") var noSubmit = false
        @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.") var command: [String] = []

        func validate() throws {
            if command.isEmpty { throw ValidationError("name the command after --, as in: mainstay profile -- swift build") }
            guard budget > 0, budget <= 100 else { throw ValidationError("--budget is \(budget); wanted is a percentage above 0, at most 100") }
        }

        func run() async throws {
            // Before the command, so that a wrong setting is told while somebody looks; it is no reason not to build.
            let submission = noSubmit ? nil : await client.submission()
            let run: ProfileRun
            do {
                run = try await ProfileRun.run(options)
            } catch let error as ProfileError {
                Talk.say("mainstay profile: \(error)")
                throw ExitCode(error.exitCode)
            }
            FileHandle.standardError.write(Data(ProfileReport.text(run.profile, style: look.style).utf8))
            if run.survivors > 0 { Talk.say("  \(run.survivors) of its processes go on after the command and were left alone") }
            await keep(run.profile, submission)
            throw ExitCode(run.exitCode)
        }

        private var options: ProfileOptions {
            var options = ProfileOptions(command: command)
            options.budget = budget / 100
            options.step = step
            options.labels = Dictionary(label.map { ($0.name, $0.text) }) { _, last in last }
            options.tools = Dictionary(tool.map { ($0.name, $0.text) }) { _, last in last }
            options.cache = cache
            options.runner = runner
            return options
        }

        /// Writes and submits. Whatever goes wrong here is told and changes no exit code: the build is not to blame for it.
        private func keep(_ profile: BuildProfile, _ submission: ProfileSubmission?) async {
            do {
                let document = try ProfileFile.document(profile)
                let file = try json.flatMap { try ProfileFile.write(document, to: $0) }
                guard let submission else { return }
                do {
                    Talk.say("  submitted         \(try await submission.send(document))")
                } catch {
                    let kept = try file ?? ProfileFile.write(document, to: ProfileFile.temporaryPath(of: profile)) ?? ""
                    Talk.say("mainstay profile: not submitted: \(error)\nsend it later with: mainstay profile submit \(ProfileFile.quoted(kept))")
                }
            } catch {
                Talk.say("mainstay profile: the profile was not kept: \(error)")
            }
        }
    }
}

extension ProfileCommand {
    /// Sends a profile that was kept in a file.
    struct Submit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "submit", abstract: "Submit a profile that was written to a file.")

        @OptionGroup var client: ProfileClientOptions
        @Argument(help: "A file that --json wrote.") var file: String

        func run() async throws {
            let profile = try ProfileFile.read(file)
            guard let submission = await client.submission() else {
                throw ValidationError("set MAINSTAY_TOKEN or give --token; `mainstay token create` makes one")
            }
            // The same bytes as at the time of the run: sent twice, it is one profile.
            print(try await submission.send(try ProfileFile.document(profile)))
        }
    }

    /// Two profiles side by side.
    struct Compare: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "compare", abstract: "Show two profiles side by side.",
            discussion: "It says what differs, not whether that means anything: two runs are no series. `mainstay report build-memory` shows those.")

        @OptionGroup var look: ProfileLookOptions
        @Flag(help: "Print the figures of both as JSON (with a version): bytes and milliseconds as they are.") var json = false
        @Argument(help: "A file that --json wrote.") var first: String
        @Argument(help: "Another one.") var second: String

        func run() async throws {
            let (first, second) = (try ProfileFile.read(self.first), try ProfileFile.read(self.second))
            if json { return print(try ProfileFigures(first, second).json) }
            print(ProfileComparison.text(first, second, style: look.style), terminator: "")
        }
    }
}

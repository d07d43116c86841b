import ArgumentParser
import Foundation
import Workspaces

extension ToolCommand {
    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put another secret in the place of a tool's and print it, once; calls carry both signatures for a while.",
            discussion: """
                Give the new secret to whoever checks the calls while both are good. Until then another rotation is refused, unless it ends both at
                once (`--overlap 0s`), which is right for a secret that somebody else may have seen. Runs that are under way sign as they began.

                EXAMPLES
                  mainstay tool rotate weather                   both are good for a day
                  mainstay tool rotate weather --overlap 30m
                  mainstay tool rotate weather --overlap 0s      the old one ends at once
                """)
        @OptionGroup var settings: SettingsOptions
        @Argument(help: "The tool's name or id.") var tool: String
        @Option(help: "How long the old one is good beside the new one: 90s, 15m, 24h, 30d at the most.") var overlap = "24h"

        func validate() throws { _ = try seconds() }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let (id, seconds) = (try await ToolCommand.id(tool, client), try seconds())
            let body = try APIClient.encoder.encode(["overlap_seconds": seconds])
            let answer = try await client.raw(.post, "/v1/tools/\(id)/rotate", body: body, idempotencyKey: UUID().uuidString)
            let rotated = try APIClient.decoder.decode(ToolItem.self, from: answer)
            Talk.say("Keep the secret: it is not shown again.")
            Talk.say(seconds == 0 ? "The old one has ended." : "Calls are signed with the old one, too, for \(overlap) more.")
            print(rotated.secret ?? "")
        }

        func seconds() throws -> Int {
            guard let seconds = MomentWord.seconds(overlap), TokenOverlap.bounds.contains(Int(seconds)) else {
                throw ValidationError("--overlap is a duration from 0s to 30d, such as 90s, 15m, 24h or 7d")
            }
            return Int(seconds)
        }
    }
}

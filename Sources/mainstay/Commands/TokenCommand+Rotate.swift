import ArgumentParser
import Foundation
import Workspaces

extension TokenCommand {
    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make another token in a token's place and print it, once; the old one ends a while later.",
            discussion: """
                The new one has the same name, scopes and user, or operator; where the old one expires, the new one lives as long from now on
                as the old one was to live. The old one never lasts longer than it would have. One that was revoked or has expired is not
                rotated, and each is replaced once: who has lost the new secret rotates the new token.

                EXAMPLES
                  mainstay token rotate 019ab3…                  both are good for a day
                  mainstay token rotate 019ab3… --overlap 30m
                  mainstay token rotate 019ab3… --overlap 0s     the old one ends at once
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var place: Place
        @Argument(help: "The token's id.") var id: String
        @Option(help: "How long the old one is good beside the new one: 90s, 15m, 24h, 30d at the most.") var overlap = "24h"

        func validate() throws {
            _ = try TokenCommand.id(id)
            _ = try chosenOverlap()
        }

        func run() async throws {
            let (token, overlap) = (try TokenCommand.id(id), try chosenOverlap())
            let made = try await TokenCommand.with(settings) { [place] workspaces in
                try await workspaces.tokens.rotate(
                    token, workspace: try await place.find(workspaces).id, overlap: overlap, for: nil, by: .commandLine)
            }
            Talk.say("Keep it: it is not shown again. Its id is \(made.token.id.uuidString.lowercased()).")
            Talk.say(overlap.seconds == 0 ? "The old one has ended." : "The old one is good for \(self.overlap) more, at the most.")
            print(made.secret?.text ?? "")
        }

        private func chosenOverlap() throws -> TokenOverlap {
            guard let seconds = MomentWord.seconds(overlap), TokenOverlap.bounds.contains(Int(seconds)) else {
                throw ValidationError("--overlap is a duration from 0s to 30d, such as 90s, 15m, 24h or 7d")
            }
            return TokenOverlap(seconds: Int(seconds))
        }
    }

    struct Unlock: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End the lock of a token whose use looked suspicious, before it ends by itself.",
            discussion: """
                It is heard within a second; the ingress that locked the token goes on refusing it for the first half minute.

                EXAMPLES
                  mainstay audit tail --action token.locked     which were locked, and for what
                  mainstay token unlock 019ab3… --workspace acme
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var place: Place
        @Argument(help: "The token's id.") var id: String

        func validate() throws { _ = try TokenCommand.id(id) }

        func run() async throws {
            let token = try TokenCommand.id(id)
            let isDone = try await TokenCommand.with(settings) { [place] workspaces in
                try await workspaces.locks.unlock(token, workspace: try await place.find(workspaces).id, by: .commandLine)
            }
            guard isDone else { throw ValidationError("the workspace has no token \(id) that is locked") }
            print("unlocked")
        }
    }
}

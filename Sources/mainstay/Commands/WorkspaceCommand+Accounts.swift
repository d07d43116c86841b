import ArgumentParser
import Foundation
import Workspaces

extension WorkspaceCommand {
    struct LinkAccount: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "link-account", abstract: "Say whose an account of the identity provider is; without a user, that it is nobody's.",
            discussion: """
                EXAMPLES
                  mainstay workspace link-account 8f14e45f ann@acme.example
                  mainstay workspace link-account 8f14e45f --yes       whoever signs in with it is nobody here
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var confirmation: Confirmation
        @Argument(help: "The account, as `sub` in its tokens.") var subject: String
        @Argument(help: "The user's id or address.") var user: String?

        func run() async throws {
            let identity = ExternalIdentity(issuer: try await settings.load().required("oidc.issuer", for: "workspace"), subject: subject)
            try await TokenCommand.with(settings) { [user, confirmation] workspaces in
                guard let user else {
                    try confirmation.ask("the account \(identity.subject) would be nobody's, and whoever signs in with it be refused")
                    guard try await workspaces.identities.unlink(identity, by: .commandLine) else { throw ValidationError("the account is nobody's") }
                    return
                }
                let found = try await WorkspaceCommand.user(user, workspaces)
                guard try await workspaces.identities.link(identity, user: found.id, by: .commandLine) else {
                    throw ValidationError("the account is somebody's, or the user has one of this issuer: end that link first")
                }
            }
            Talk.say("done: it holds within a second")
        }
    }
}

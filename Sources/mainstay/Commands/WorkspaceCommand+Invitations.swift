import ArgumentParser
import Foundation
import Workspaces

extension WorkspaceCommand {
    struct Invite: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Invite somebody into a workspace, and print the invitation's secret, once.",
            discussion: """
                Pass the secret on. Whoever has it becomes a member on the page /invitation of the ingress, or by
                POST /v1/invitations/accept, and is answered with a first token. With --email whoever has it is the user of that address,
                and another address is refused.

                EXAMPLES
                  mainstay workspace invite acme --role owner --email ann@acme.example
                  mainstay workspace invite acme --role viewer --days 1
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var target: Target
        @Option(help: "The role: owner, maintainer, member or viewer.") var role = Member.Role.member.rawValue
        @Option(help: "Whom it is for; whoever has it without this.") var email: String?
        @Option(help: "Days until it expires.") var days = Invitation.standardDays

        func validate() throws {
            _ = try WorkspaceCommand.role(role)
            guard Invitation.days.contains(days) else {
                throw ValidationError("--days is a number from \(Invitation.days.lowerBound) to \(Invitation.days.upperBound)")
            }
            if let email, email.split(separator: "@", omittingEmptySubsequences: false).count != 2 {
                throw ValidationError("\"\(email)\" is no address")
            }
        }

        func run() async throws {
            try MultiUser.require(try await settings.load(), "an invitation")
            let role = try WorkspaceCommand.role(role)
            let made = try await TokenCommand.with(settings) { [target, email, days] workspaces in
                try await workspaces.invitations.create(
                    workspace: try await target.find(workspaces).id, role: role, email: email, days: days, inviter: nil, as: .owner,
                    by: .commandLine)
            }
            Talk.say("Pass it on: it is not shown again. It expires at \(made.invitation.expiresAt.formatted(.iso8601)).")
            Talk.say("Whoever has it comes in by pasting it into the page /invitation of the ingress.")
            if output.chosen == .table { print(made.secret.text) } else { output.print(WorkspaceCommand.table([made.invitation], made.secret)) }
        }
    }

    struct Invitations: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The invitations of a workspace, the newest first.",
            discussion: """
                EXAMPLES
                  mainstay workspace invitations acme --json
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var target: Target
        @Option(help: "How many at the most.") var limit: Int = 200

        func validate() throws {
            guard (1...10_000).contains(limit) else { throw ValidationError("--limit is a number from 1 to 10000") }
        }

        func run() async throws {
            let found = try await TokenCommand.with(settings) { [target, limit] workspaces in
                try await workspaces.invitations.list(workspace: try await target.find(workspaces).id, limit: limit + 1)
            }
            output.print(WorkspaceCommand.table(Array(found.prefix(limit))))
            if found.count > limit { Talk.say("There are more: --limit shows them.") }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End an invitation that nobody has accepted.",
            discussion: """
                EXAMPLES
                  mainstay workspace revoke acme 019ab3… --yes
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var target: Target
        @OptionGroup var confirmation: Confirmation
        @Argument(help: "The invitation's id.") var id: String

        func run() async throws {
            guard let invitation = UUID(uuidString: id) else {
                throw ValidationError("\"\(id)\" is no invitation's id; `mainstay workspace invitations \(target.slug)` shows them")
            }
            try await TokenCommand.with(settings) { [target, confirmation] workspaces in
                let workspace = try await target.find(workspaces)
                try confirmation.ask("the invitation \(invitation.uuidString.lowercased()) of \(workspace.slug) would let nobody in any more")
                try await workspaces.invitations.revoke(invitation, workspace: workspace.id, by: .commandLine)
            }
            print("revoked")
        }
    }

    /// - Parameter secret: of the one that was just made.
    static func table(_ invitations: [Invitation], _ secret: TokenSecret? = nil) -> Table {
        var titles = ["id", "role", "email", "begins with", "created", "expires", "state"].map { Table.Column(title: $0) }
        if secret != nil { titles.append(Table.Column(title: "token")) }
        var table = Table(titles)
        for invitation in invitations {
            var row: [String?] = [
                invitation.id.uuidString.lowercased(), invitation.role.rawValue, invitation.email, invitation.prefix,
                invitation.createdAt.formatted(.iso8601), invitation.expiresAt.formatted(.iso8601), invitation.state.rawValue,
            ]
            if let secret { row.append(secret.text) }
            table.rows.append(row)
        }
        return table
    }
}

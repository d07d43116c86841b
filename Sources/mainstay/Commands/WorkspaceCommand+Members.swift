import ArgumentParser
import Foundation
import Workspaces

extension WorkspaceCommand {
    struct Members: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The members of a workspace, longest first.",
            discussion: """
                EXAMPLES
                  mainstay workspace members acme
                  mainstay workspace members acme --json
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var target: Target

        func run() async throws {
            let members = try await TokenCommand.with(settings) { [target] workspaces in
                try await workspaces.workspaces.members(of: try await target.find(workspaces).id)
            }
            output.print(WorkspaceCommand.table(members))
        }
    }

    struct SetRole: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a member another role: owner, maintainer, member or viewer.",
            discussion: """
                Within a second the member's tokens may no more than the new role allows. The last owner cannot leave or take a lower role.

                EXAMPLES
                  mainstay workspace set-role acme bob@acme.example viewer
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var target: Target
        @Argument(help: "The member: its id, its user's id or its address.") var member: String
        @Argument(help: "The role.") var role: String

        func validate() throws { _ = try WorkspaceCommand.role(role) }

        func run() async throws {
            try MultiUser.require(try await settings.load(), "a member's role", in: target.slug)
            let role = try WorkspaceCommand.role(role)
            let changed = try await TokenCommand.with(settings, multiUser: true) { [target, member] workspaces in
                let workspace = try await target.find(workspaces)
                let found = try await WorkspaceCommand.member(member, of: workspace, workspaces)
                return try await workspaces.members.change(found.id, to: role, in: workspace.id, as: .owner, by: .commandLine)
            }
            output.print(WorkspaceCommand.table([changed]))
        }
    }

    struct RemoveMember: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a member: its tokens of the workspace end within a second.",
            discussion: """
                EXAMPLES
                  mainstay workspace remove-member acme bob@acme.example --yes
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var target: Target
        @OptionGroup var confirmation: Confirmation
        @Argument(help: "The member: its id, its user's id or its address.") var member: String

        func run() async throws {
            try MultiUser.require(try await settings.load(), "a member", in: target.slug)
            try await TokenCommand.with(settings, multiUser: true) { [target, confirmation, member] workspaces in
                let workspace = try await target.find(workspaces)
                let found = try await WorkspaceCommand.member(member, of: workspace, workspaces)
                try confirmation.ask("\(found.user.name), \(found.role.rawValue) of \(workspace.slug), would be removed with its tokens")
                try await workspaces.members.remove(found.id, from: workspace.id, as: .owner, by: .commandLine)
            }
            print("removed")
        }
    }

    struct Transfer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a member the one owner of a workspace; those that were owners before become maintainers.",
            discussion: """
                EXAMPLES
                  mainstay workspace transfer acme bob@acme.example --yes
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var target: Target
        @OptionGroup var confirmation: Confirmation
        @Argument(help: "The member who is to be the owner: its id, its user's id or its address.") var member: String

        func run() async throws {
            try MultiUser.require(try await settings.load(), "a workspace's owner")
            let members = try await TokenCommand.with(settings) { [target, confirmation, member] workspaces in
                let workspace = try await target.find(workspaces)
                let found = try await WorkspaceCommand.member(member, of: workspace, workspaces)
                let former = try await workspaces.workspaces.members(of: workspace.id).filter { $0.role == .owner && $0.id != found.id }
                let names = former.isEmpty ? "nobody" : former.map(\.user.name).joined(separator: ", ")
                try confirmation.ask("\(workspace.slug) would go to \(found.user.name), and \(names) would be maintainer from then on")
                _ = try await workspaces.members.transfer(workspace.id, to: found.id, from: nil, by: .commandLine)
                return try await workspaces.workspaces.members(of: workspace.id)
            }
            output.print(WorkspaceCommand.table(members))
        }
    }

    static func table(_ members: [Member]) -> Table {
        var table = Table("id", "name", "email", "role", "since", "user")
        for member in members {
            table.rows.append([
                member.id.uuidString.lowercased(), member.user.name, member.user.email, member.role.rawValue,
                member.since.formatted(.iso8601), member.user.id.uuidString.lowercased(),
            ])
        }
        return table
    }

    /// - Throws: `ValidationError` that lists the roles.
    static func role(_ word: String) throws -> Member.Role {
        guard let role = Member.Role(rawValue: word) else {
            throw ValidationError("\"\(word)\" is no role; there are \(Member.Role.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return role
    }

    /// The member whom somebody typed: by its id, its user's id or its address.
    /// - Throws: `ValidationError` when there is none.
    static func member(_ word: String, of workspace: Workspace, _ workspaces: Workspaces) async throws -> Member {
        let id = UUID(uuidString: word)
        let found = try await workspaces.workspaces.members(of: workspace.id).first { member in
            member.id == id || member.user.id == id || member.user.email?.lowercased() == word.lowercased()
        }
        guard let found else {
            throw ValidationError("\(workspace.slug) has no member \"\(word)\"; `mainstay workspace members \(workspace.slug)` shows them")
        }
        return found
    }
}

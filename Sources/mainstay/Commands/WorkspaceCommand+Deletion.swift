import ArgumentParser
import Foundation
import Workspaces

extension WorkspaceCommand {
    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a workspace: its tokens are refused within a second, its rows are purged after a while.",
            discussion: """
                Until then `mainstay workspace restore` takes it back. The default workspace is never deleted.

                EXAMPLES
                  mainstay workspace delete acme             says what would be done
                  mainstay workspace delete acme --yes
                  mainstay workspace delete acme --days 7 --yes
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var target: Target
        @OptionGroup var confirmation: Confirmation
        @Option(help: "Days in which it can be restored.") var days = DeletionGrace.standard.days

        func validate() throws {
            guard DeletionGrace.bounds.contains(days) else {
                throw ValidationError("--days is a number from \(DeletionGrace.bounds.lowerBound) to \(DeletionGrace.bounds.upperBound)")
            }
        }

        func run() async throws {
            try MultiUser.require(try await settings.load(), "the deletion of a workspace")
            let deleted = try await TokenCommand.with(settings) { [target, confirmation, days] workspaces in
                let workspace = try await target.find(workspaces)
                let members = try await workspaces.workspaces.members(of: workspace.id).count
                try confirmation.ask("\(workspace.slug), with \(members) members, would be deleted, and purged \(days) days later")
                return try await workspaces.workspaces.delete(workspace.id, grace: DeletionGrace(days: days), by: .commandLine)
            }
            output.print(WorkspaceCommand.table([deleted]))
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take back the deletion of a workspace that is not purged yet.",
            discussion: """
                EXAMPLES
                  mainstay workspace restore acme
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var target: Target

        func run() async throws {
            try MultiUser.require(try await settings.load(), "the restoring of a workspace")
            let restored = try await TokenCommand.with(settings) { [target] workspaces in
                try await workspaces.workspaces.restore(try await target.find(workspaces).id, by: .commandLine)
            }
            output.print(WorkspaceCommand.table([restored]))
        }
    }
}

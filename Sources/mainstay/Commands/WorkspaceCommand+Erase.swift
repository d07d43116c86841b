import ArgumentParser
import Foundation
import Workspaces

extension WorkspaceCommand {
    struct Erase: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "erase-person",
            abstract: "Erase a person: name and address are replaced, and it leaves every workspace with its tokens.",
            discussion: """
                What the person wrote in tickets and the like is the workspace's and stays. One who is the last owner of a workspace hands it
                over, or it is deleted, first.

                EXAMPLES
                  mainstay workspace erase-person ann@acme.example         says what would be done
                  mainstay workspace erase-person ann@acme.example --yes
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var confirmation: Confirmation
        @Argument(help: "The user's id or address.") var user: String

        func run() async throws {
            let table = try await TokenCommand.with(settings) { [confirmation, user] workspaces in
                let found = try await WorkspaceCommand.user(user, workspaces)
                try confirmation.ask("\(found.name) would be erased for good, and leave every workspace")
                let left = try await workspaces.people.erase(found.id, by: .commandLine)
                var table = Table("user", "#workspaces left")
                table.rows.append([found.id.uuidString.lowercased(), "\(left)"])
                return table
            }
            output.print(table)
        }
    }
}

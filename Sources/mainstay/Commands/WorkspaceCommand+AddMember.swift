import ArgumentParser
import Foundation
import Workspaces

extension WorkspaceCommand {
    struct AddMember: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the person of an address a member, without an invitation.",
            discussion: """
                For people who come by an account of the identity provider, which is linked to them by this address or by `link-account`; it makes
                no token. Whoever is a member in this role stays one, and nothing is changed. For the default workspace it works with
                MAINSTAY_MULTI_USER off as well.

                EXAMPLES
                  mainstay workspace add-member default --email ann@acme.example --role maintainer
                  mainstay workspace add-member acme --email bob@acme.example --name "Bob, on call"
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var target: Target
        @Option(help: "The person's address.") var email: String
        @Option(help: "The role: owner, maintainer, member or viewer.") var role = Member.Role.member.rawValue
        @Option(help: "The person's name, if nobody has the address yet; without it what stands before the @.") var name: String?

        func validate() throws {
            _ = try WorkspaceCommand.role(role)
            guard MailAddress.isOne(email) else { throw ValidationError("\"\(email)\" is no address") }
            if let name, !Self.nameLength.contains(name.unicodeScalars.count) { throw ValidationError("a name has 1 to 200 characters") }
        }

        func run() async throws {
            try MultiUser.require(try await settings.load(), "a member of \"\(target.slug)\"", in: target.slug)
            let wanted = try WorkspaceCommand.role(role)
            let called = name ?? Self.name(from: email)
            let (member, isNew) = try await TokenCommand.with(settings, multiUser: true) { [target, email] workspaces in
                let workspace = try await target.find(workspaces)
                guard workspace.deletedAt == nil else {
                    throw ValidationError("\(workspace.slug) is deleted; `mainstay workspace restore \(workspace.slug)` comes first")
                }
                let user = try await Self.user(email, called, workspaces.workspaces)
                return try await Self.admit(user, as: wanted, to: workspace, workspaces.workspaces)
            }
            Talk.say(isNew ? "added" : "a member already: nothing is changed")
            output.print(WorkspaceCommand.table([member]))
        }

        private static let nameLength = 1...200

        /// What stands before the @.
        private static func name(from email: String) -> String {
            String(email.unicodeScalars.prefix { $0 != "@" }.prefix(nameLength.upperBound))
        }

        /// The user with that address; made where there is none.
        private static func user(_ email: String, _ name: String, _ store: WorkspaceStore) async throws -> User {
            if let known = try await store.findUser(email: email) { return known }
            do {
                return try await store.createUser(name: name, email: email)
            } catch let error as WorkspaceError where error.code == .emailTaken {
                // Made elsewhere between the two.
                guard let known = try await store.findUser(email: email) else { throw error }
                return known
            }
        }

        /// - Throws: `ValidationError` for a member in another role: that is `set-role`'s, which looks after the last owner.
        private static func admit(
            _ user: User, as role: Member.Role, to workspace: Workspace, _ store: WorkspaceStore
        ) async throws -> (member: Member, isNew: Bool) {
            var isNew = true
            do {
                try await store.add(user: user.id, to: workspace.id, role: role, by: .commandLine)
            } catch let error as WorkspaceError where error.code == .alreadyMember {
                isNew = false
            }
            guard let member = try await store.members(of: workspace.id).first(where: { $0.user.id == user.id }) else {
                throw WorkspaceError(.unknownMember, "the member was removed at this moment")
            }
            guard member.role == role else {
                throw ValidationError(
                    "\(member.user.name) is \(member.role.rawValue) of \(workspace.slug) already; `mainstay workspace set-role \(workspace.slug) \(member.id.uuidString.lowercased()) \(role.rawValue)` changes that"
                )
            }
            return (member, isNew)
        }
    }
}

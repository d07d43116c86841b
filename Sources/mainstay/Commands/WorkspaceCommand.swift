import ArgumentParser
import Foundation
import Workspaces

/// `mainstay workspace`: tenants, where there is more than the default one.
struct WorkspaceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workspace",
        abstract: "Create, list, hand over, export, delete and restore workspaces, and look after their members.",
        discussion: """
            It works in the database, so an operator needs MAINSTAY_DATABASE_URL and no token. More than the default workspace, and
            invitations, need MAINSTAY_MULTI_USER=true, for the ingress too. Members of the default one do not, at this command line:
            see add-member.

            EXAMPLES
              mainstay workspace create "Acme Labs"              its slug is acme-labs
              mainstay workspace create "Acme Labs" --slug acme
              mainstay token create --workspace acme --name ci   opens it
              mainstay workspace list --json
              mainstay workspace invite acme --role owner --email ann@acme.example
              mainstay workspace add-member default --email ann@acme.example --role maintainer
              mainstay workspace members acme
              mainstay workspace set-role acme bob@acme.example maintainer
              mainstay workspace transfer acme bob@acme.example --yes
              mainstay workspace export acme --output acme.ndjson
              mainstay workspace delete acme --yes               can be restored for 30 days
              mainstay workspace restore acme
            """,
        subcommands: [
            Create.self, List.self, Members.self, AddMember.self, SetRole.self, RemoveMember.self, Invite.self, Invitations.self, Revoke.self,
            Transfer.self, Delete.self, Restore.self, Export.self, ExportPerson.self, Erase.self, LinkAccount.self,
        ], defaultSubcommand: List.self)

    /// Shared by those that act on one workspace.
    struct Target: ParsableArguments {
        @Argument(help: "The workspace's slug.") var slug: String

        func find(_ workspaces: Workspaces) async throws -> Workspace {
            guard let found = try await workspaces.workspaces.find(slug: slug) else {
                throw ValidationError("there is no workspace \"\(slug)\"; `mainstay workspace list` shows them, `create` makes one")
            }
            return found
        }
    }

    /// A row for each workspace, as `list` and all that end or take back one show it.
    static func table(_ workspaces: [Workspace]) -> Table {
        var table = Table("slug", "name", "created", "state", "purged from", "id")
        for workspace in workspaces {
            table.rows.append([
                workspace.slug, workspace.name, workspace.createdAt.formatted(.iso8601), workspace.deletedAt == nil ? "in use" : "deleted",
                workspace.purgeAt?.formatted(.iso8601), workspace.id.uuidString.lowercased(),
            ])
        }
        return table
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a workspace and print its slug.")
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "Its name, for people.") var name: String
        @Option(help: "Its name in addresses, as acme in acme/helper; made of the name without it.") var slug: String?
        @Flag(help: "Make it although its slug looks like another owner's (acrne for acme). The access log says so.") var allowLookAlike = false

        func validate() throws {
            guard (1...200).contains(name.count) else { throw ValidationError("a name has 1 to 200 characters") }
            _ = try chosenSlug()
        }

        func run() async throws {
            try MultiUser.require(try await settings.load(), "another workspace than \"\(Workspace.defaultSlug)\"")
            let slug = try chosenSlug()
            let made = try await TokenCommand.with(settings) { [name, allowLookAlike] workspaces in
                do {
                    return try await workspaces.workspaces.create(slug: slug, name: name, allowsLookAlike: allowLookAlike, by: .commandLine)
                } catch let error as WorkspaceError where error.code == .slugLooksLike {
                    throw WorkspaceError(error.code, "\(error.message) with --slug, or pass --allow-look-alike")
                }
            }
            Talk.say("Its first token: mainstay token create --workspace \(made.slug) --name NAME")
            Talk.say("Its first owner: mainstay workspace invite \(made.slug) --role owner")
            if output.chosen == .table { print(made.slug) } else { output.print(WorkspaceCommand.table([made])) }
        }

        private func chosenSlug() throws -> Slug {
            let text = slug ?? Self.slug(of: name)
            guard let chosen = try? Slug(text) else {
                throw ValidationError(
                    "\"\(text)\" can be no slug: 1 to 39 lower-case letters, digits and single hyphens inside, and no word that the program keeps; give another with --slug"
                )
            }
            return chosen
        }

        /// Letters without their accents and digits in lower case, anything else a single hyphen: `Acme Labs, Köln` is
        /// `acme-labs-koln`. Empty when nothing is left.
        static func slug(of name: String) -> String {
            let plain = name.folding(options: [.diacriticInsensitive, .widthInsensitive], locale: nil).lowercased()
            let words = plain.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
            // A cut may end at a hyphen, which a slug must not.
            return words.joined(separator: "-").prefix(39).split(separator: "-").joined(separator: "-")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The workspaces, by slug.")
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "How many at the most.") var limit: Int = 200
        @Option(help: "Only those whose slugs come after this one.") var after: String?

        func validate() throws {
            guard (1...10_000).contains(limit) else { throw ValidationError("--limit is a number from 1 to 10000") }
        }

        func run() async throws {
            let found = try await TokenCommand.with(settings) { [after, limit] workspaces in
                try await workspaces.workspaces.list(after: after, limit: limit)
            }
            output.print(WorkspaceCommand.table(found))
        }
    }
}

/// What only a deployment for more than one workspace has.
enum MultiUser {
    /// - Throws: `Settings.Faults` that says what to set, where it is off.
    static func require(_ settings: Settings, _ what: String) throws {
        if try settings.flag("multi.user") { return }
        throw Settings.Faults(faults: [
            "MAINSTAY_MULTI_USER is off, and \(what) needs it: set MAINSTAY_MULTI_USER=true here and for the ingress."
        ])
    }

    /// The default workspace is there in any case, and may have members: people who come by the identity provider.
    /// - Throws: as ``require(_:_:)``, for any other workspace.
    static func require(_ settings: Settings, _ what: String, in slug: String) throws {
        if slug != Workspace.defaultSlug { try require(settings, what) }
    }
}

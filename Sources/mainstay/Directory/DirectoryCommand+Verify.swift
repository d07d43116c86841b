import ArgumentParser
import Foundation

extension DirectoryCommand {
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say who stands behind an owner: everybody reads it with each of its agents.",
            discussion: """
                It takes the place of what was said before; the same again changes nothing. An owner that gets another name keeps it, and whoever gets a
                name that was another's does not have it.

                EXAMPLES
                  mainstay directory verify acme --name "Acme Ltd"
                  mainstay directory verify acme --name "Acme Ltd" --site https://acme.example --json
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The owner, as it stands in addresses.") var owner: String
        @Option(help: "Who stands behind it: one line of at most 100 characters.") var name: String
        @Option(help: "An https address.") var site: String?

        func validate() throws {
            _ = try PathWord.checked(owner)
            guard !name.allSatisfy(\.isWhitespace) else { throw ValidationError("--name says who stands behind the owner") }
            if let site, !site.hasPrefix("https://") { throw ValidationError("--site is an https address") }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            var body = ["name": name]
            body["site"] = site
            let item: VerificationItem = try await client.call(.put, "\(Verified.path)/\(try PathWord.checked(owner))", body: body)
            output.print(Verified.table([item]))
        }
    }

    struct Unverify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take back what was verified of an owner.",
            discussion: """
                It says what it would do, unless --yes.

                EXAMPLES
                  mainstay directory unverify acme --reason "The domain is somebody else's now." --yes
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The owner, as it stands in addresses.") var owner: String
        @Option(help: "Why; the owner may read it.") var reason: String
        @OptionGroup var confirmation: Confirmation

        func validate() throws {
            _ = try PathWord.checked(owner)
            guard !reason.allSatisfy(\.isWhitespace) else { throw ValidationError("--reason says why") }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            let path = "\(Verified.path)/\(try PathWord.checked(owner))"
            if !confirmation.yes {
                let history: VerificationPage = try await client.call(.get, path)
                try confirmation.ask(Self.warning(owner, history.items.first))
            }
            let item: VerificationItem = try await client.call(.post, path + "/withdrawal", body: ["reason": reason])
            output.print(Verified.table([item]))
        }

        /// - Parameter newest: what was verified last.
        static func warning(_ owner: String, _ newest: VerificationItem?) -> String {
            guard let newest, newest.withdrawnAt == nil else { return "\(owner) is not verified" }
            return "\(owner), verified as \(newest.name), would be verified no more, with \(newest.listings) agents in public"
        }
    }

    struct Verified: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Owners that operators have verified; or all that was verified of one, the newest first.",
            discussion: """
                EXAMPLES
                  mainstay directory verified
                  mainstay directory verified acme        also what was taken back, with the reason
                  mainstay directory verified --json
                """)
        @OptionGroup var settings: SettingsOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "An owner: all that was verified of it.") var owner: String?
        @Option(help: "How many at the most.") var limit: Int = 50

        static let path = "/v1/operations/verified-owners"

        func validate() throws {
            guard (1...200).contains(limit) else { throw ValidationError("--limit is a number from 1 to 200") }
            if let owner { _ = try PathWord.checked(owner) }
        }

        func run() async throws {
            let client = APIClient(settings: try await settings.load())
            if let owner {
                let history: VerificationPage = try await client.call(.get, "\(Self.path)/\(try PathWord.checked(owner))")
                return output.print(Self.table(Array(history.items.prefix(limit))))
            }
            let page: VerificationPage = try await client.call(.get, "\(Self.path)?limit=\(limit)")
            output.print(Self.table(page.items))
            if page.nextCursor != nil { Talk.say("There are more: --limit shows them.") }
        }

        static func table(_ items: [VerificationItem]) -> Table {
            var table = Table("owner", "name", "site", "verified at", "by", "#agents", "withdrawn at", "reason")
            for item in items {
                table.rows.append([
                    item.owner, item.name, item.site, item.verifiedAt, item.verifiedBy, "\(item.listings)", item.withdrawnAt, item.reason,
                ])
            }
            return table
        }
    }
}

// MARK: What the ingress answers

struct VerificationItem: Decodable {
    let owner: String
    let name: String
    let site: String?
    let verifiedAt: String
    let verifiedBy: String?
    let listings: Int
    let withdrawnAt: String?
    let reason: String?

    enum CodingKeys: String, CodingKey {
        case owner, name, site, listings, reason
        case verifiedAt = "verified_at"
        case verifiedBy = "verified_by"
        case withdrawnAt = "withdrawn_at"
    }
}

struct VerificationPage: Decodable {
    let items: [VerificationItem]
    let nextCursor: String?

    enum CodingKeys: String, CodingKey {
        case items
        case nextCursor = "next_cursor"
    }
}

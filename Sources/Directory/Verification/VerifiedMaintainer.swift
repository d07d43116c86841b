package import Foundation
import Postgres
import Web
import Workspaces

/// Who stands behind an owner, as operators have verified it: of the workspace, whatever it is called.
package struct VerifiedMaintainer: Sendable, Equatable {
    /// One line, of 1 to ``nameLimit`` characters.
    package let name: String
    /// An https address; nil where none was given.
    package let site: String?
    package let verifiedAt: Date

    /// Unicode scalars, as JSON Schema and the table count them.
    static let nameLimit = 100
    /// Bytes of an address.
    static let siteLimit = 512
    /// Unicode scalars of what an operator says when it is withdrawn.
    static let reasonLimit = 500

    package init(name: String, site: String?, verifiedAt: Date) {
        self.name = name
        self.site = site
        self.verifiedAt = verifiedAt
    }
}

extension VerifiedMaintainer {
    /// Reads the columns that a listing's statement joins to it; nil where they are null.
    init?(_ row: PostgresRow) throws {
        guard let name = try row.decode("maintainer_name", as: String?.self) else { return nil }
        self.init(name: name, site: try row.decode("maintainer_site"), verifiedAt: try row.decode("maintainer_verified_at"))
    }
}

/// The same as everyone reads it with a listing.
struct MaintainerAnswer: Encodable, Sendable {
    let name: String
    let site: String?
    let verifiedAt: Date

    init(_ maintainer: VerifiedMaintainer) {
        name = maintainer.name
        site = maintainer.site
        verifiedAt = maintainer.verifiedAt
    }

    private enum CodingKeys: String, CodingKey {
        case name, site
        case verifiedAt = "verified_at"
    }

    static let schema = JSONSchema.named(
        "VerifiedMaintainer",
        .object(
            ["name": .string(), "site": .string(format: "uri"), "verified_at": .time], optional: ["site"],
            description: "Who stands behind the owner, as operators have verified it. Absent where nobody has."))
}

import Foundation
import Jobs
import Web

/// A verification as operators see it.
struct VerificationAnswer: Encodable, Sendable {
    let id: String
    let owner: String
    let name: String
    let site: String?
    let verifiedAt: Date
    let verifiedBy: String?
    let withdrawnAt: Date?
    let withdrawnBy: String?
    let reason: String?
    let listings: Int

    init(_ verification: OwnerVerification) {
        id = verification.id.lowercased
        owner = verification.owner
        name = verification.maintainer.name
        site = verification.maintainer.site
        verifiedAt = verification.maintainer.verifiedAt
        verifiedBy = verification.verifiedBy
        withdrawnAt = verification.withdrawnAt
        withdrawnBy = verification.withdrawnBy
        reason = verification.withdrawnReason
        listings = verification.listings
    }

    private enum CodingKeys: String, CodingKey {
        case id, owner, name, site, reason, listings
        case verifiedAt = "verified_at"
        case verifiedBy = "verified_by"
        case withdrawnAt = "withdrawn_at"
        case withdrawnBy = "withdrawn_by"
    }

    static let schema = JSONSchema.named(
        "OwnerVerification",
        .object(
            [
                "id": .uuid, "owner": .string("The slug that the workspace has now."), "name": .string("Who stands behind it."),
                "site": .string(format: "uri"), "verified_at": .time, "verified_by": .string("The operator."),
                "withdrawn_at": .string("Absent while it holds. RFC 3339, UTC.", format: "date-time"), "withdrawn_by": .string("The operator."),
                "reason": .string("Why it was withdrawn; absent where another one took its place."),
                "listings": .integer("Agents of the owner that are in public.", minimum: 0),
            ], optional: ["site", "verified_by", "withdrawn_at", "withdrawn_by", "reason"]))
}

/// All verifications of an owner.
struct VerificationHistoryAnswer: Encodable, Sendable {
    let items: [VerificationAnswer]

    static let schema = JSONSchema.named(
        "OwnerVerifications", .object(["items": .array(of: VerificationAnswer.schema, maxItems: VerificationDesk.historyLimit)]))
}
